/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose memory is whose: which user may name which region, and what programs of one user namespace share. Run as root
 * where dummy interfaces can be made; /dev/netmap must be open to all. Each program is a process of its own:
 *
 *     outside: root, alice, bob      box 1, box 2: user and network namespaces      host-net: a user namespace only
 */
#include "nmtest.h"
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define ALICE 1001
#define BOB 1002

enum { OUTSIDE, BOX1, BOX2, HOST_NET, TWIN, PLACES };

/* User ids 0 to 99 of a place are these outside. In TWIN, alice is alice, but in another user namespace. */
static const struct place {
	unsigned int inner, outer, count;
	int flags;
} places[PLACES] = {
	[BOX1] = { 0, 100000, 100, CLONE_NEWUSER | CLONE_NEWNET },
	[BOX2] = { 0, 200000, 100, CLONE_NEWUSER | CLONE_NEWNET },
	[HOST_NET] = { 0, 300000, 100, CLONE_NEWUSER },
	[TWIN] = { ALICE, ALICE, 1, CLONE_NEWUSER },
};

static int user_ns[PLACES], net_ns[PLACES];
static pid_t keepers[PLACES];

struct who {
	int place;
	uid_t uid;
	bool net_admin; /* the capability, and no other */
};

/*
 * Places
 */

static void write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		nt_result(false, "%s: %s", path, strerror(errno));
	close(fd);
}

static int open_ns(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void place_make(int place)
{
	const struct place *p = &places[place];
	char map[64], byte;
	int ready[2];

	if (pipe(ready))
		exit(2);
	fflush(NULL);
	keepers[place] = fork();
	if (!keepers[place]) {
		if (unshare(p->flags))
			exit(2);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) < 0)
		exit(2);
	close(ready[0]);
	snprintf(map, sizeof(map), "%u %u %u", p->inner, p->outer, p->count);
	write_file(keepers[place], "uid_map", map);
	write_file(keepers[place], "gid_map", map);
	user_ns[place] = open_ns(keepers[place], "user");
	net_ns[place] = open_ns(keepers[place], "net");
}

static void caps_keep(unsigned int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = 1U << cap, .permitted = 1U << cap } };

	if (syscall(SYS_capset, &header, data))
		exit(2);
}

static void become(const struct who *who)
{
	if (who->place && setns(user_ns[who->place], CLONE_NEWUSER))
		exit(2);
	if (who->place && places[who->place].flags & CLONE_NEWNET && setns(net_ns[who->place], CLONE_NEWNET))
		exit(2);
	/* only a change from 0 takes capabilities away */
	if (who->place && !places[who->place].inner && (setresgid(0, 0, 0) || setresuid(0, 0, 0)))
		exit(2);
	prctl(PR_SET_KEEPCAPS, who->net_admin);
	if (setresgid(who->uid, who->uid, who->uid) || setresuid(who->uid, who->uid, who->uid))
		exit(2);
	if (who->net_admin)
		caps_keep(CAP_NET_ADMIN);
}

/*
 * Programs
 */

/* What a program does, and what comes out. */
struct job {
	const char *name; /* of a port, or NULL: see request */
	int request, mode;
	unsigned int region; /* asked for; then the one it has */
	const char *write, *find; /* a text to leave in the memory, or to look for */
	int error;
	bool found;
};

static void job_port(struct job *job)
{
	struct nt_port *port = calloc(1, sizeof(*port));

	port->reg.nr_mem_id = job->region;
	port->reg.nr_mode = job->mode;
	if (job->mode == NR_REG_NULL)
		port->reg.nr_extra_bufs = 1;
	job->error = nt_port_open(port, job->name, NULL);
	if (job->error)
		return;
	job->region = port->reg.nr_mem_id;
	if (job->write)
		strcpy(nt_buf(nt_tx(port, 0), nt_tx(port, 0)->slot[5].buf_idx), job->write);
	job->found = job->find && memmem(port->mem, port->reg.nr_memsize, job->find, strlen(job->find));
}

static void job_request(struct job *job)
{
	struct nmreq_port_info_get info = { .nr_mem_id = job->region };
	struct nmreq_vale_newif newif = { .nr_mem_id = job->region };
	struct nmreq_vale_attach attach = { .reg = { .nr_mem_id = job->region, .nr_mode = NR_REG_ALL_NIC } };
	struct nmreq_vale_detach detach = { 0 };
	int fd = nt_open();

	job->error = job->request == NETMAP_REQ_PORT_INFO_GET ? nt_ctrl(fd, job->request, "", &info, NULL) :
		     job->request == NETMAP_REQ_VALE_NEWIF ? nt_ctrl(fd, job->request, "own0", &newif, NULL) :
							     nt_ctrl(fd, job->request, "vale5:o0", &attach, NULL);
	if (!job->error && job->request == NETMAP_REQ_VALE_NEWIF)
		nt_ctrl(fd, NETMAP_REQ_VALE_DELIF, "own0", NULL, NULL);
	if (!job->error && job->request == NETMAP_REQ_VALE_ATTACH)
		nt_ctrl(fd, NETMAP_REQ_VALE_DETACH, "vale5:o0", &detach, NULL);
}

/* Runs a job in a program of its own, which then stays until end(). */
static pid_t start(struct who who, struct job *job)
{
	int out[2];
	pid_t pid;

	if (pipe(out))
		exit(2);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		become(&who);
		if (job->name)
			job_port(job);
		else
			job_request(job);
		if (write(out[1], job, sizeof(*job)) != sizeof(*job))
			exit(2);
		for (;;)
			pause();
	}
	close(out[1]);
	if (read(out[0], job, sizeof(*job)) != sizeof(*job))
		job->error = ENOTRECOVERABLE; /* it has died */
	close(out[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static struct job run(struct who who, struct job job)
{
	end(start(who, &job));
	return job;
}

/*
 * Which user may name a region
 */

static const struct naming_row {
	const char *what;
	struct who owner, other;
	int error;
} naming_rows[] = {
	{ "the user itself", { OUTSIDE, ALICE, 0 }, { OUTSIDE, ALICE, 0 }, 0 },
	{ "another user", { OUTSIDE, ALICE, 0 }, { OUTSIDE, BOB, 0 }, EPERM },
	{ "another user, of root's", { OUTSIDE, 0, 0 }, { OUTSIDE, BOB, 0 }, EPERM },
	{ "root", { OUTSIDE, ALICE, 0 }, { OUTSIDE, 0, 0 }, 0 },
	{ "another user with CAP_NET_ADMIN", { OUTSIDE, ALICE, 0 }, { OUTSIDE, BOB, 1 }, 0 },
	{ "root of a box", { OUTSIDE, ALICE, 0 }, { BOX1, 0, 0 }, EPERM },
	{ "root of a box, of root's", { OUTSIDE, 0, 0 }, { BOX1, 0, 0 }, EPERM },
	{ "the same user in a namespace", { OUTSIDE, ALICE, 0 }, { TWIN, ALICE, 0 }, EPERM },
	{ "root of the same box", { BOX1, 5, 0 }, { BOX1, 0, 0 }, 0 },
	{ "the same user of the same box", { BOX1, 5, 0 }, { BOX1, 5, 0 }, 0 },
	{ "another user of the same box", { BOX1, 5, 0 }, { BOX1, 6, 0 }, EPERM },
	{ "root of another box", { BOX1, 5, 0 }, { BOX2, 0, 0 }, EPERM },
	{ "root outside, of a box's", { BOX1, 5, 0 }, { OUTSIDE, 0, 0 }, 0 },
	{ "a user outside, of a box's", { BOX1, 5, 0 }, { OUTSIDE, BOB, 0 }, EPERM },
	{ "root of a box in the network of all", { HOST_NET, 5, 0 }, { HOST_NET, 0, 0 }, EPERM },
};

static void test_naming(void)
{
	for (size_t i = 0; i < sizeof(naming_rows) / sizeof(*naming_rows); i++) {
		const struct naming_row *row = &naming_rows[i];
		struct job owner = { .name = "vale1:o", .mode = NR_REG_ALL_NIC, .write = "TOP SECRET" };
		struct job other = { .name = "n", .mode = NR_REG_NULL, .find = "TOP SECRET" };
			pid_t pid = start(row->owner, &owner);
		char what[120];

		nt_errno_is("  the owner", 0, owner.error);
		other.region = owner.region;
		other = run(row->other, other);
		snprintf(what, sizeof(what), "named by %s", row->what);
		nt_errno_is(what, row->error, other.error);
		nt_equal("  finds what is there", !row->error, other.found);
		nt_errno_is("  PORT_INFO_GET", row->error,
			    run(row->other, (struct job){ .request = NETMAP_REQ_PORT_INFO_GET, .region = owner.region }).error);
		end(pid);
	}
}

/* Requests that change a switch take regions too. */
static void test_switch_requests(void)
{
	struct job owner = { .name = "vale1:o", .mode = NR_REG_ALL_NIC };
	static const int requests[] = { NETMAP_REQ_VALE_NEWIF, NETMAP_REQ_VALE_ATTACH };
	pid_t pid = start((struct who){ OUTSIDE, ALICE, 0 }, &owner);

	for (int i = 0; i < 2; i++) {
		struct job job = { .request = requests[i], .region = owner.region };

		nt_errno_is("a switch request of another user", EPERM, run((struct who){ OUTSIDE, BOB, 0 }, job).error);
		nt_parameter_set("open_regions", 1);
		nt_errno_is("  with open_regions", 0, run((struct who){ OUTSIDE, BOB, 0 }, job).error);
		nt_parameter_set("open_regions", 0);
	}
	end(pid);
}

static void test_parameter(void)
{
	struct job owner = { .name = "vale1:o", .mode = NR_REG_ALL_NIC, .write = "TOP SECRET" };
	struct job other = { .name = "n", .mode = NR_REG_NULL, .find = "TOP SECRET" };
	pid_t pid = start((struct who){ OUTSIDE, ALICE, 0 }, &owner);

	nt_parameter_set("open_regions", 1);
	other.region = owner.region;
	nt_errno_is("open_regions: another user", 0, run((struct who){ OUTSIDE, BOB, 0 }, other).error);
	other = run((struct who){ BOX1, 0, 0 }, other);
	nt_errno_is("open_regions: a box", 0, other.error);
	nt_equal("open_regions: and it is that region", 1, other.found);
	other = (struct job){ .name = "n", .mode = NR_REG_NULL, .region = 1 };
	nt_equal("open_regions: one global region for all", 1, run((struct who){ BOX1, 0, 0 }, other).region);
	nt_parameter_set("open_regions", 0);
	end(pid);
}

/*
 * The global region: one for each user namespace
 */

/* A program with a port of the global region, and others that look for it. */
static void test_global(const char *what, struct who owner, const char *port, struct who other, bool shared)
{
	/* its own text: memory keeps what earlier programs have written */
	struct job first = { .name = port, .mode = NR_REG_ALL_NIC, .write = what };
	struct job second = { .name = "n", .mode = NR_REG_NULL, .region = 1, .find = what };
	pid_t pid = start(owner, &first);

	nt_errno_is("  a port in the global region", 0, first.error);
	nt_equal("  which is region 1 outside only", !owner.place, first.region == 1);
	second = run(other, second);
	nt_errno_is(what, 0, second.error);
	nt_equal("  is in the same region", shared, second.region == first.region);
	nt_equal("  finds what is there", shared, second.found);
	second = (struct job){ .name = "n", .mode = NR_REG_NULL, .region = first.region == 1 ? 1 : first.region };
	if (first.region != 1)
		nt_errno_is("  names it by its number", shared ? 0 : EPERM, run(other, second).error);
	end(pid);
	if (first.region != 1)
		nt_errno_is("  is gone with the last program", EINVAL,
			    run((struct who){ OUTSIDE, 0, 0 },
				(struct job){ .request = NETMAP_REQ_PORT_INFO_GET, .region = first.region }).error);
}

/* Nothing that ids name leads from one box to the other, or outside. */
static void test_all_ids(void)
{
	struct job outside = { .name = "o0", .mode = NR_REG_ALL_NIC, .write = "TOP SECRET" };
	struct job box = { .name = "d0", .mode = NR_REG_ALL_NIC, .write = "TOP SECRET" };
	int refused = 0;
	pid_t pids[2] = { start((struct who){ OUTSIDE, 0, 0 }, &outside),
			  start((struct who){ BOX1, 0, 0 }, &box) };

	nt_errno_is("all ids: outside", 0, outside.error);
	nt_errno_is("all ids: a box", 0, box.error);
	for (unsigned int id = 1; id <= box.region + 3; id++) {
		struct job job = run((struct who){ BOX2, 0, 0 }, (struct job){ .name = "n", .mode = NR_REG_NULL,
				     .region = id, .find = "TOP SECRET" });

		if (job.found)
			nt_result(false, "all ids: region %u shows the memory of others", id);
		refused += job.error == EPERM;
	}
	nt_equal("all ids: refused to another box", 1, refused);
	end(pids[0]);
	end(pids[1]);
}

/* A port in use in memory of another user namespace: its name gives no more than its region's. */
static void test_port_in_use(void)
{
	struct job port = { .name = "o0", .mode = NR_REG_ALL_NIC }, vale = { .name = "vale1:o", .mode = NR_REG_ALL_NIC };
	struct job other = { .name = "o0", .mode = NR_REG_ALL_NIC }, own = { .name = "vale1:o", .mode = NR_REG_ALL_NIC };
	pid_t pids[2] = { start((struct who){ OUTSIDE, ALICE, 0 }, &port),
			  start((struct who){ OUTSIDE, ALICE, 0 }, &vale) };

	nt_errno_is("in use: another user of the namespace", 0, run((struct who){ OUTSIDE, BOB, 0 }, other).error);
	nt_errno_is("in use: another user namespace", EPERM, run((struct who){ HOST_NET, 0, 0 }, other).error);
	nt_errno_is("in use: a switch port", EPERM, run((struct who){ HOST_NET, 0, 0 }, own).error);
	end(pids[0]);
	end(pids[1]);
	other = run((struct who){ HOST_NET, 0, 0 }, other);
	nt_errno_is("in use: free again", 0, other.error);
	nt_equal("in use: and in a region of its own", 1, other.region > 1);
}

int main(void)
{
	const struct who root = { OUTSIDE, 0, 0 }, alice = { OUTSIDE, ALICE, 0 }, bob = { OUTSIDE, BOB, 0 };
	const struct who box1 = { BOX1, 0, 0 }, user1 = { BOX1, 5, 0 }, box2 = { BOX2, 0, 0 };

	for (int place = BOX1; place < PLACES; place++)
		place_make(place);
	for (int place = BOX1; place <= BOX2; place++) {
		char command[80];

		snprintf(command, sizeof(command), "nsenter -t %d -n ip link add d0 type dummy", keepers[place]);
		nt_equal("  an interface of a box", 0, system(command));
	}
	test_naming();
	test_switch_requests();
	test_parameter();
	test_global("global: two users", alice, "o0", bob, true);
	test_global("global: root and a user", root, "o0", alice, true);
	test_global("global: a box and outside", root, "o0", box1, false);
	test_global("global: users of one box", box1, "d0", user1, true);
	test_global("global: two boxes", box1, "d0", box2, false);
	test_global("global: outside and a box", box1, "d0", bob, false);
	test_all_ids();
	test_port_in_use();
	for (int place = BOX1; place < PLACES; place++)
		kill(keepers[place], SIGKILL);
	return nt_failed != 0;
}
