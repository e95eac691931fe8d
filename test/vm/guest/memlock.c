/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that ports pin for a program count against RLIMIT_MEMLOCK of its user. Run as root; /dev/netmap must be open to
 * all. Each case runs in a process of its own.
 */
#include "nmtest.h"
#include <sys/resource.h>
#include <sys/wait.h>

#define MB (1UL << 20)
#define ALICE 1001
#define BOB 1002

static char *memory(void)
{
	return mmap(NULL, 16 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* A small switch port in memory of this program; 0 or errno. */
static int port_in(struct nt_port *port, const char *name, void *mem, size_t size)
{
	struct nmreq_opt_extmem opt = {
		.nro_opt.nro_reqtype = NETMAP_REQ_OPT_EXTMEM,
		.nro_usrptr = (uintptr_t)mem,
		.nro_info = { .nr_memsize = size,
			      .nr_if_pool_objtotal = 4, .nr_if_pool_objsize = 1024,
			      .nr_ring_pool_objtotal = 8, .nr_ring_pool_objsize = 8192,
			      .nr_buf_pool_objtotal = 200, .nr_buf_pool_objsize = 2048 },
	};
	int error;

	*port = (struct nt_port){ .reg = { .nr_tx_slots = 64, .nr_rx_slots = 64 } };
	error = nt_port_open(port, name, &opt);
	if (error)
		nt_equal("  the option says the same", error, opt.nro_opt.nro_status);
	return error;
}

static void test_extmem(void)
{
	struct nt_port a, b, c;
	char *mem = memory(), *hole = memory();

	munmap(hole + 3 * MB, 13 * MB);
	nt_errno_is("memlock: memory that is not there", EFAULT, port_in(&a, "vale1:a", hole, 4 * MB));
	nt_errno_is("memlock: 16 MB of 8", ENOMEM, port_in(&a, "vale1:a", mem, 16 * MB));
	nt_errno_is("memlock: 4 MB of 8", 0, port_in(&a, "vale1:a", mem, 4 * MB));
	nt_errno_is("memlock: 4 MB of the other 4", 0, port_in(&b, "vale1:b", mem + 4 * MB, 4 * MB));
	nt_errno_is("memlock: one MB more", ENOMEM, port_in(&c, "vale1:c", mem + 8 * MB, MB));
	munmap(mem, 4 * MB);
	nt_errno_is("memlock: memory that a port has counts without the program", ENOMEM,
		    port_in(&c, "vale1:c", mem + 8 * MB, MB));
	nt_port_close(&a);
	nt_errno_is("memlock: that of a closed port does not", 0, port_in(&c, "vale1:c", mem + 8 * MB, 4 * MB));
	nt_port_close(&b);
	nt_errno_is("memlock: two ports in the same memory", 0, port_in(&a, "vale1:d", mem + 8 * MB, 4 * MB));
	nt_equal("  it is one region", c.reg.nr_mem_id, a.reg.nr_mem_id);
	nt_errno_is("  which counts once", 0, port_in(&b, "vale1:b", mem + 4 * MB, 4 * MB));
	nt_port_close(&a);
	nt_port_close(&b);
	nt_port_close(&c);
}

/* Leaves the port open until the process ends. */
static void test_hold(void)
{
	struct nt_port *port = malloc(sizeof(*port));

	nt_errno_is("memlock: the user has 8 MB, whatever was before", 0, port_in(port, "vale1:h", memory(), 8 * MB));
}

static void test_second_process(void)
{
	struct nt_port port;

	nt_errno_is("memlock: another process of the user has no more", ENOMEM,
		    port_in(&port, "vale1:s", memory(), MB));
}

static void test_other_user(void)
{
	struct nt_port port;

	nt_errno_is("memlock: another user has its own", 0, port_in(&port, "vale1:o", memory(), 8 * MB));
}

/* CSB arrays on two pages. */
static int csb_port(struct nt_port *port, struct nmreq_opt_csb *csb)
{
	char *mem = memory();

	*port = (struct nt_port){ .reg = { .nr_flags = NR_EXCLUSIVE, .nr_tx_slots = 64, .nr_rx_slots = 64 } };
	*csb = (struct nmreq_opt_csb){
		.nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB,
		.csb_atok = (uintptr_t)mem, .csb_ktoa = (uintptr_t)mem + 4096,
	};
	return nt_port_open(port, "vale1:k", csb);
}

static void test_csb(void)
{
	struct nmreq_opt_csb csb;
	struct nt_port port;

	nt_errno_is("memlock: CSB arrays on two pages of one", ENOMEM, csb_port(&port, &csb));
	nt_equal("  the option says the same", ENOMEM, csb.nro_opt.nro_status);
}

static void test_csb_fits(void)
{
	struct nmreq_opt_csb csb;
	struct nt_port port;

	nt_errno_is("memlock: CSB arrays on two pages of two", 0, csb_port(&port, &csb));
	nt_port_close(&port);
	nt_errno_is("memlock: and again", 0, csb_port(&port, &csb));
}

static void test_root(void)
{
	struct nt_port port;

	nt_errno_is("memlock: CAP_IPC_LOCK has no limit", 0, port_in(&port, "vale1:r", memory(), 16 * MB));
}

/* Runs a case as a user with a limit; the process waits for a byte of *hold before it ends. */
static pid_t start(void (*test)(void), uid_t uid, rlim_t limit, int *hold)
{
	int done[2], go[2];
	char byte;
	pid_t pid;

	if (pipe(done) || pipe(go))
		exit(2);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		nt_result(true, "memlock: uid %u, limit %lu", uid, (unsigned long)limit);
		close(go[1]);
		if (setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ limit, limit }) || setresgid(uid, uid, uid) ||
		    setresuid(uid, uid, uid))
			exit(2);
		test();
		close(done[0]);
		close(done[1]);
		if (hold && read(go[0], &byte, 1) < 0)
			exit(2);
		exit(nt_failed != 0);
	}
	close(done[1]);
	if (read(done[0], &byte, 1) < 0)
		exit(2);
	close(done[0]);
	close(go[0]);
	if (hold)
		*hold = go[1];
	else
		close(go[1]);
	return pid;
}

static void end(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		nt_failed++;
}

int main(void)
{
	pid_t holder;
	int hold;

	end(start(test_extmem, ALICE, 8 * MB, NULL));
	holder = start(test_hold, ALICE, 8 * MB, &hold);
	end(start(test_second_process, ALICE, 8 * MB, NULL));
	end(start(test_other_user, BOB, 8 * MB, NULL));
	close(hold);
	end(holder);
	end(start(test_csb, ALICE, 4096, NULL));
	end(start(test_csb_fits, ALICE, 8192, NULL));
	end(start(test_root, 0, 0, NULL));
	return nt_failed != 0;
}
