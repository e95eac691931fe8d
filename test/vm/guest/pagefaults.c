/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page faults that nobody answers: pagefaults indirect|csb|extmem
 *
 * A program hands over memory whose faults go to a userfaultfd that is never read. It may wait for itself as long as
 * it likes: no other program may wait for it, and it can be killed.
 */
#include "kloop.h"
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define BYTES (1 << 20)
#define OTHERS_MS 5000

/* Memory of this process that cannot be touched. */
static char *hole(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	char *at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register range = { .range = { (uintptr_t)at, BYTES }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range)) {
		nt_result(false, "userfaultfd: %s", strerror(errno));
		exit(1);
	}
	return at;
}

/* Three frames of its own memory with the hole between the first and the last. */
static void hang_indirect(void)
{
	struct nt_port a = { 0 }, b = { 0 };
	struct netmap_ring *tx;
	int i;

	if (nt_port_open(&a, "vale0:a", NULL) || nt_port_open(&b, "vale0:b", NULL))
		_exit(1);
	tx = nt_tx(&a, 0);
	for (i = 0; i < 3; i++)
		fill(tx, i, i);
	tx->slot[1].ptr = (uintptr_t)hole();
	tx->slot[1].flags = NS_INDIRECT;
	tx->head = tx->cur = 3;
	ioctl(a.fd, NIOCTXSYNC);
}

static void hang_csb(void)
{
	struct nt_port a = { .reg.nr_flags = NR_EXCLUSIVE };
	struct nmreq_opt_csb csb = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB };

	csb.csb_atok = (uintptr_t)hole();
	csb.csb_ktoa = csb.csb_atok + 4096;
	nt_port_open(&a, "vale0:a", &csb);
}

static void hang_extmem(void)
{
	struct nt_port a = { 0 };
	struct nmreq_opt_extmem ext = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_EXTMEM, .nro_info.nr_memsize = BYTES };

	ext.nro_usrptr = (uintptr_t)hole();
	nt_port_open(&a, "vale0:a", &ext);
}

/*
 * What others do meanwhile
 */

static int same_switch(void)
{
	struct nt_port c = { 0 };

	return nt_port_open(&c, "vale0:c", NULL);
}

static int other_switch(void)
{
	struct nt_port c = { 0 };

	return nt_port_open(&c, "vale1:c", NULL);
}

static int bound_elsewhere(void)
{
	struct nmreq_port_info_get info = { 0 };

	return nt_ctrl(nt_open(), NETMAP_REQ_PORT_INFO_GET, "lo", &info, NULL);
}

static int watches(void)
{
	struct nt_port c = { .reg.nr_flags = NR_MONITOR_TX };

	return nt_port_open(&c, "vale0:a", NULL);
}

/* Runs it in a process of its own, with a limit. */
static void others(const char *what, int (*run_it)(void))
{
	uint64_t end = nt_now_ms() + OTHERS_MS;
	int status = 0;
	pid_t pid = fork(), done;

	if (!pid)
		_exit(run_it() ? 1 : 0);
	while (!(done = waitpid(pid, &status, WNOHANG)) && nt_now_ms() < end)
		usleep(10000);
	if (!done)
		kill(pid, SIGKILL);
	nt_result(done == pid && !status, "meanwhile another program %s", what);
}

int main(int argc, char **argv)
{
	bool indirect = argc > 1 && !strcmp(argv[1], "indirect"), csb = argc > 1 && !strcmp(argv[1], "csb");
	uint64_t end;
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (indirect)
			hang_indirect();
		else if (csb)
			hang_csb();
		else
			hang_extmem();
		nt_result(false, "%s: a page that is not there was not waited for", argv[1]);
		_exit(1);
	}
	sleep(1);
	nt_equal("the program waits for its page", 0, waitpid(pid, NULL, WNOHANG));
	if (indirect) {
		others("watches its port", watches);
		others("opens a port of its switch", same_switch);
	}
	others("opens a port of another switch", other_switch);
	others("asks about an interface", bound_elsewhere);
	kill(pid, SIGKILL);
	for (end = nt_now_ms() + OTHERS_MS; nt_now_ms() < end && waitpid(pid, NULL, WNOHANG) != pid;)
		usleep(10000);
	nt_result(nt_now_ms() < end, "and it can be killed");
	return nt_failed;
}
