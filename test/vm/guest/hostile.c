/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that do not keep the rules: hostile rings|calls SECONDS PORT...
 *
 *   rings   random head, cur, tail, buf_idx, len, flags and ptr in all rings of
 *           the ports, from one process, while another syncs and polls
 *   calls   random ioctls, options, mmaps and closes on many descriptors
 *   cycles  register and close in random ways, SECONDS is the number of cycles
 *   late    registrations that fail at the very end, while another thread uses
 *           the descriptor: it must never look bound
 *
 * Exit status 0 means only that nothing killed it: the kernel's log, and the
 * ports afterwards, are the test.
 */
#include "nmtest.h"
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static uint64_t state;

static uint32_t rnd(void)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 33;
}

static bool over(time_t end)
{
	return time(NULL) >= end;
}

static void spoil_ring(struct netmap_ring *ring)
{
	volatile struct netmap_ring *r = ring;
	uint32_t n = r->num_slots;

	for (int i = 0; i < 8; i++) {
		volatile struct netmap_slot *slot = &r->slot[rnd() % n];

		switch (rnd() % 4) {
		case 0:
			slot->buf_idx = rnd() % 2 ? rnd() : rnd() % 200000;
			break;
		case 1:
			slot->len = rnd();
			break;
		case 2:
			slot->flags = rnd();
			break;
		case 3:
			slot->ptr = rnd() % 2 ? rnd() : rnd() % 4096;
			break;
		}
	}
	if (rnd() % 4 == 0)
		r->flags = rnd() % 8;
	switch (rnd() % 6) {
	case 0:
		r->head = rnd();
		break;
	case 1:
		r->cur = rnd();
		break;
	case 2:
		r->tail = rnd();
		break;
	case 3:
		r->head = r->cur = rnd() % n;
		break;
	default:
		r->head = r->cur = r->tail;
	}
}

static void spoil(struct nt_port *port)
{
	struct netmap_if *nifp = port->nifp;
	unsigned int n = nifp->ni_tx_rings + nifp->ni_host_tx_rings +
			 nifp->ni_rx_rings + nifp->ni_host_rx_rings;

	for (unsigned int i = 0; i < n; i++)
		if (nifp->ring_ofs[i])
			spoil_ring((void *)((char *)nifp + nifp->ring_ofs[i]));
}

static int rings(time_t end, char **names)
{
	while (!over(end))
		for (char **name = names; *name; name++) {
			struct nt_port port = { .reg.nr_mode = NR_REG_NIC_SW };
			struct nmreq_opt_offsets offsets = {
				.nro_opt.nro_reqtype = NETMAP_REQ_OPT_OFFSETS,
				.nro_max_offset = 256,
			};

			port.reg.nr_extra_bufs = rnd() % 8;
			if (nt_port_open(&port, *name, rnd() % 2 ? &offsets : NULL) &&
			    nt_port_open(&port, *name, NULL))
				continue;
			for (int i = 0; i < 300 && !over(end); i++) {
				struct pollfd p = { .fd = port.fd,
						    .events = POLLIN | POLLOUT };

				spoil(&port);
				ioctl(port.fd, NIOCTXSYNC);
				ioctl(port.fd, NIOCRXSYNC);
				poll(&p, 1, 0);
			}
			/* and what it leaves to the cleanup */
			port.nifp->ni_bufs_head = rnd();
			nt_port_close(&port);
		}
	return 0;
}

static void random_request(int fd, const char *name)
{
	static char body[4096];
	struct nmreq_option opts[3] = {};
	struct nmreq_header hdr = {
		.nr_version = 13 + rnd() % 4, .nr_reqtype = rnd() % 17,
		.nr_reserved = rnd() % 20 == 0,
	};

	for (size_t i = 0; i < 128; i++)
		body[i] = rnd() % 3 ? 0 : rnd();
	if (rnd() % 2) {
		struct nmreq_register *reg = (void *)body;

		reg->nr_mode = rnd() % 10;
		reg->nr_mem_id = rnd() % 3;
		reg->nr_extra_bufs = rnd() % 1000;
		reg->nr_flags = rnd();
	}
	for (int i = 0; i < 3; i++) {
		opts[i].nro_reqtype = rnd() % 8;
		opts[i].nro_size = rnd() % 3 ? rnd() % 200 : rnd();
		opts[i].nro_next = i < 2 && rnd() % 2 ? (uintptr_t)&opts[i + 1] : 0;
	}
	strcpy(hdr.nr_name, name);
	if (rnd() % 8 == 0)
		for (size_t i = 0; i < sizeof(hdr.nr_name); i++)
			hdr.nr_name[i] = rnd();
	if (rnd() % 8)
		hdr.nr_body = (uintptr_t)body;
	else if (rnd() % 2)
		hdr.nr_body = rnd();
	if (rnd() % 3 == 0)
		hdr.nr_options = rnd() % 8 ? (uintptr_t)opts : rnd();
	/* loops that only another thread ends */
	if (hdr.nr_reqtype == NETMAP_REQ_SYNC_KLOOP_START)
		hdr.nr_reqtype = NETMAP_REQ_SYNC_KLOOP_STOP;
	ioctl(fd, NIOCCTRL, &hdr);
}

static int calls(time_t end, char **names, int count)
{
	int fds[8];

	for (int i = 0; i < 8; i++)
		fds[i] = nt_open();
	while (!over(end)) {
		int *fd = &fds[rnd() % 8];
		const char *name = names[rnd() % count];
		struct nmreq nmr = { .nr_version = 14 };
		struct pollfd p = { .fd = *fd, .events = rnd() };
		size_t len;
		void *map;

		switch (rnd() % 8) {
		case 0:
		case 1:
		case 2:
			random_request(*fd, name);
			break;
		case 3:
			ioctl(*fd, rnd() % 2 ? NIOCTXSYNC : NIOCRXSYNC);
			poll(&p, 1, 0);
			break;
		case 4:
			len = 4096 * (1 + rnd() % 64);
			map = mmap(NULL, len, PROT_READ | PROT_WRITE,
				   rnd() % 2 ? MAP_SHARED : MAP_PRIVATE, *fd,
				   4096UL * (rnd() % 90000));
			if (map != MAP_FAILED) {
				*(volatile char *)map = 1;
				munmap(map, len);
			}
			break;
		case 5:
			strncpy(nmr.nr_name, name, sizeof(nmr.nr_name) - 1);
			nmr.nr_cmd = rnd() % 14;
			nmr.nr_flags = rnd();
			nmr.nr_ringid = rnd();
			nmr.nr_arg2 = rnd() % 3;
			ioctl(*fd, rnd() % 2 ? NIOCREGIF : NIOCGINFO, &nmr);
			break;
		case 6:
			ioctl(*fd, _IO('i', 140 + rnd() % 20), rnd() % 2 ? &p : NULL);
			break;
		case 7:
			close(*fd);
			*fd = nt_open();
			break;
		}
	}
	return 0;
}

/* What the second thread sees of a descriptor that is never bound for good. */
struct late {
	int fd;
	bool stop;
	unsigned long looks, bound;
};

static void *late_look(void *arg)
{
	struct late *late = arg;

	while (!__atomic_load_n(&late->stop, __ATOMIC_RELAXED)) {
		struct pollfd p = { .fd = late->fd, .events = POLLIN | POLLOUT };
		char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, late->fd, 0);

		late->looks++;
		late->bound += page != MAP_FAILED;
		if (page != MAP_FAILED) {
			late->bound += *(volatile char *)page & 0;
			munmap(page, 4096);
		}
		late->bound += ioctl(late->fd, NIOCRXSYNC) == 0;
		late->bound += poll(&p, 1, 0) == 1 && !(p.revents & POLLERR);
	}
	return NULL;
}

static int late(time_t end, char **names, int ports)
{
	struct nmreq_option unknown = { .nro_reqtype = 77 };
	struct nmreq_opt_csb csb = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB };
	struct late late = { .fd = nt_open() };
	unsigned long wrong = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, late_look, &late);
	while (!over(end) || late.looks < 1000) {
		struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC,
					      .nr_flags = NR_EXCLUSIVE };
		const char *name = names[rnd() % ports];
		int error;

		error = nt_ctrl(late.fd, NETMAP_REQ_REGISTER, name, &reg, &unknown);
		wrong += error != EOPNOTSUPP && error != EBUSY;
		error = nt_ctrl(late.fd, NETMAP_REQ_REGISTER, name, &reg, &csb);
		wrong += error != EFAULT && error != EBUSY;
	}
	late.stop = true;
	pthread_join(thread, NULL);
	printf("%lu looks at a descriptor that was never bound: %lu found it bound; %lu wrong results\n",
	       late.looks, late.bound, wrong);
	return late.bound || wrong;
}

static int cycles(int count, char **names, int ports)
{
	static const int modes[] = { NR_REG_ALL_NIC, NR_REG_SW, NR_REG_NIC_SW,
				     NR_REG_ONE_NIC, NR_REG_ONE_SW, NR_REG_NULL };

	while (count--) {
		const char *name = names[rnd() % ports];
		struct nt_port port = { .reg = {
			.nr_mode = modes[rnd() % 6], .nr_mem_id = rnd() % 4,
			.nr_extra_bufs = rnd() % 3 ? 0 : rnd() % 100,
			.nr_host_tx_rings = rnd() % 3, .nr_host_rx_rings = rnd() % 3,
			.nr_flags = rnd() % 4 ? 0 : NR_EXCLUSIVE,
		} };

		if (port.reg.nr_mode == NR_REG_NULL) {
			port.reg.nr_mem_id = 1;
			port.reg.nr_tx_rings = port.reg.nr_rx_rings = rnd() % 4;
			port.reg.nr_tx_slots = port.reg.nr_rx_slots = 1 + rnd() % 500;
		}
		if (rnd() % 64 == 0) {
			/* a region of its own, and an id: 8 MB */
			name = "vale9:a";
			port.reg.nr_mode = NR_REG_ALL_NIC;
			port.reg.nr_tx_slots = port.reg.nr_rx_slots = 64;
		}
		if (nt_port_open(&port, name, NULL))
			continue;
		ioctl(port.fd, NIOCTXSYNC);
		ioctl(port.fd, NIOCRXSYNC);
		nt_port_close(&port);
	}
	return 0;
}

/* A random VALE_NEWIF makes an interface that stays, as it should: netmap.ko cannot go before it does. */
static void remove_made(void)
{
	struct if_nameindex *list = if_nameindex();
	int fd = nt_open();

	for (struct if_nameindex *i = list; i && i->if_name; i++) {
		struct nmreq_header hdr = {
			.nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_VALE_DELIF,
		};

		memcpy(hdr.nr_name, i->if_name, strlen(i->if_name));
		if (!ioctl(fd, NIOCCTRL, &hdr))
			printf("a random request had made the interface %s\n", i->if_name);
	}
	if_freenameindex(list);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *seed = getenv("SEED");
	int processes, status, failed = 0;

	if (argc < 4)
		return 2;
	processes = !strcmp(argv[1], "cycles") ? 8 : 3;
	signal(SIGBUS, SIG_DFL);
	for (int i = 0; i < processes; i++) {
		pid_t child = fork();

		if (child < 0)
			return 2;
		if (child)
			continue;
		state = (atoi(seed ? seed : "0") * 8ULL + i) * 7919 + 1;
		if (!strcmp(argv[1], "rings"))
			_exit(rings(time(NULL) + atoi(argv[2]), argv + 3));
		if (!strcmp(argv[1], "late"))
			_exit(late(time(NULL) + atoi(argv[2]), argv + 3, argc - 3));
		if (!strcmp(argv[1], "calls"))
			_exit(calls(time(NULL) + atoi(argv[2]), argv + 3, argc - 3));
		_exit(cycles(atoi(argv[2]) / processes, argv + 3, argc - 3));
	}
	while (wait(&status) > 0)
		/* a mapping beyond the region is SIGBUS by contract */
		failed |= status && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	remove_made();
	return failed;
}
