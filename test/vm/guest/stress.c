// SPDX-License-Identifier: BSD-2-Clause
/*
 * Many processes on the same switches. Results go to the guest's result file.
 *
 *     stress order PACKETS     4 senders, 4 receivers, 8 ports of vale0: nothing is lost, doubled, out of order
 *     stress chaos SECONDS SEED NIC between|amid    8 processes open, close, attach, detach, create, delete, send at
 *                                      random; the NIC's driver /r8169.ko and /netmap.ko are unloaded and loaded
 *                                      every three seconds when nobody uses them, or also amid all that
 */
#include "nmtest.h"
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define SENDERS 4
#define RECEIVERS 4
#define WINDOW 200 /* packets on their way from one sender to one receiver */

static struct {
	volatile uint32_t ready;
	volatile uint32_t sent[SENDERS][RECEIVERS], got[SENDERS][RECEIVERS];
	volatile uint32_t wrong, damaged;
	uint32_t modules_busy; /* one process at a time unloads and loads */
	uint32_t opened, changed, attached, driver_unloads, module_unloads, module_refusals;
} *shared;

struct frame {
	uint8_t to[6], from[6];
	uint16_t type;
	uint16_t sender, receiver;
	uint32_t number;
	uint32_t check[12];
} __attribute__((packed));

static uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352d;
	x ^= x >> 15;
	return x * 0x846ca68b;
}

static void fill(struct frame *f, unsigned int s, unsigned int r, uint32_t number)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->to[0] = f->from[0] = 2;
	f->to[5] = (uint8_t)(100 + r);
	f->from[5] = (uint8_t)s;
	f->sender = (uint16_t)s;
	f->receiver = (uint16_t)r;
	f->number = number;
	for (i = 0; i < 12; i++)
		f->check[i] = mix(number + i * 7919 + s * 104729);
}

static void be_sender(unsigned int s, uint32_t packets)
{
	struct nt_port port = { 0 };
	char name[16];
	uint32_t left = packets, seed = s + 1;

	snprintf(name, sizeof(name), "vale0:s%u", s);
	if (nt_port_open(&port, name, NULL))
		exit(1);
	while (shared->ready < RECEIVERS)
		usleep(1000);
	while (left) {
		struct netmap_ring *ring = nt_tx(&port, 0);
		unsigned int burst = 1 + mix(seed++) % 100, r;

		while (burst-- && left) {
			r = mix(seed++) % RECEIVERS;
			if (shared->sent[s][r] - shared->got[s][r] >= WINDOW)
				break;
			fill((void *)nt_buf(ring, ring->slot[ring->head].buf_idx), s, r, shared->sent[s][r]);
			ring->slot[ring->head].len = sizeof(struct frame);
			ring->slot[ring->head].flags = 0;
			ring->head = ring->cur = nt_next(ring, ring->head);
			shared->sent[s][r]++;
			left--;
		}
		ioctl(port.fd, NIOCTXSYNC);
	}
	exit(0);
}

static void be_receiver(unsigned int r)
{
	struct nt_port port = { 0 };
	struct netmap_ring *ring;
	struct frame want, *f;
	uint32_t got[SENDERS] = { 0 };
	struct pollfd pfd;
	unsigned int s;
	char name[16];

	snprintf(name, sizeof(name), "vale0:r%u", r);
	if (nt_port_open(&port, name, NULL))
		exit(1);
	/* the switch learns who is here */
	ring = nt_tx(&port, 0);
	fill((void *)nt_buf(ring, ring->slot[0].buf_idx), 200, 0, 0);
	memset(nt_buf(ring, ring->slot[0].buf_idx), 0xff, 6);
	nt_buf(ring, ring->slot[0].buf_idx)[11] = (char)(100 + r);
	ring->slot[0].len = 60;
	ring->head = ring->cur = 1;
	ioctl(port.fd, NIOCTXSYNC);
	__sync_fetch_and_add(&shared->ready, 1);
	ring = nt_rx(&port, 0);
	pfd = (struct pollfd){ .fd = port.fd, .events = POLLIN };
	for (;;) {
		poll(&pfd, 1, 1000);
		while (ring->head != ring->tail) {
			f = (void *)nt_buf(ring, ring->slot[ring->head].buf_idx);
			if (f->sender < SENDERS) {
				fill(&want, f->sender, r, f->number);
				if (memcmp(&want, f, sizeof(want)))
					__sync_fetch_and_add(&shared->damaged, 1);
				else if (f->number != got[f->sender])
					__sync_fetch_and_add(&shared->wrong, 1);
				got[f->sender]++;
			}
			ring->head = ring->cur = nt_next(ring, ring->head);
		}
		/* their slots are free first: who sends more on seeing the counts needs the room */
		ioctl(port.fd, NIOCRXSYNC);
		for (s = 0; s < SENDERS; s++)
			shared->got[s][r] = got[s];
	}
}

static int order(uint32_t packets)
{
	pid_t pid[SENDERS + RECEIVERS];
	uint32_t i, j, quiet, sent = 0, got = 0;
	int failed = 0, status;

	for (i = 0; i < SENDERS + RECEIVERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0 && i < SENDERS)
			be_sender(i, packets);
		else if (pid[i] == 0)
			be_receiver(i - SENDERS);
	}
	alarm(300);
	for (i = 0; i < SENDERS; i++) {
		waitpid(pid[i], &status, 0);
		failed += status != 0;
	}
	/* what is under way arrives, and a second later nothing came on top */
	for (i = quiet = 0; i < 3000 && quiet < 50; i++, usleep(20000)) {
		for (sent = got = j = 0; j < SENDERS * RECEIVERS; j++) {
			sent += shared->sent[j / RECEIVERS][j % RECEIVERS];
			got += shared->got[j / RECEIVERS][j % RECEIVERS];
		}
		quiet = got >= sent ? quiet + 1 : 0;
	}
	for (i = SENDERS; i < SENDERS + RECEIVERS; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], &status, 0);
	}
	nt_equal("senders that failed", 0, failed);
	nt_equal("packets sent", SENDERS * packets, sent);
	nt_equal("packets received", sent, got);
	nt_equal("out of order, lost or doubled", 0, shared->wrong);
	nt_equal("damaged", 0, shared->damaged);
	return nt_failed != 0;
}

/* ---- chaos ---- */

static uint32_t chance;

static uint32_t pick(uint32_t n)
{
	chance = mix(chance + 0x9e3779b9);
	return chance % n;
}

static int ctrl(int type, const char *name, void *body)
{
	int fd = nt_open();
	int error = nt_ctrl(fd, type, name, body, NULL);

	close(fd);
	return error;
}

static void some_traffic(struct nt_port *port)
{
	unsigned int i, rounds = pick(20);
	struct pollfd pfd = { .fd = port->fd, .events = pick(2) ? POLLIN : POLLIN | POLLOUT };

	while (rounds--) {
		struct netmap_ring *ring;

		for (i = 0; i < port->nifp->ni_tx_rings; i++) {
			unsigned int burst = pick(64);

			if (!port->nifp->ring_ofs[i])
				continue;
			ring = nt_tx(port, i);
			while (burst-- && ring->head != ring->tail) {
				struct netmap_slot *slot = &ring->slot[ring->head];
				uint8_t *frame = (uint8_t *)nt_buf(ring, slot->buf_idx);

				memset(frame, pick(3) ? 2 : 0xff, 6);
				frame[5] = (uint8_t)pick(8);
				memset(frame + 6, 2, 6);
				frame[11] = (uint8_t)pick(8);
				slot->len = (uint16_t)(14 + pick(1500));
				slot->flags = pick(10) ? 0 : NS_MOREFRAG;
				ring->head = ring->cur = nt_next(ring, ring->head);
			}
		}
		poll(&pfd, 1, (int)pick(3));
		for (i = 0; i < port->nifp->ni_rx_rings; i++) {
			if (!port->nifp->ring_ofs[port->nifp->ni_tx_rings + port->nifp->ni_host_tx_rings + i])
				continue;
			ring = nt_rx(port, i);
			ring->head = ring->cur = ring->tail;
		}
	}
}

static void open_something(const char *nic)
{
	static const uint64_t watch[] = { 0, 0, 0, NR_MONITOR_RX, NR_MONITOR_TX, NR_ZCOPY_MON };
	struct nt_port port = { .reg = { .nr_tx_slots = 64, .nr_rx_slots = 64 } }, second = { .fd = -1 };
	char name[64];

	switch (pick(6)) {
	case 0:
		snprintf(name, sizeof(name), "v%u", pick(3));
		break;
	case 1:
		snprintf(name, sizeof(name), "v%u%c%u", pick(3), pick(2) ? '{' : '}', pick(3));
		break;
	case 2:
		snprintf(name, sizeof(name), "%s", nic);
		break;
	case 3:
		snprintf(name, sizeof(name), "vale%u:%u%c%u", pick(2), pick(8), pick(2) ? '{' : '}', pick(2));
		break;
	default:
		snprintf(name, sizeof(name), "vale%u:%u", pick(2), pick(8));
	}
	port.reg.nr_tx_rings = (uint16_t)pick(4);
	port.reg.nr_rx_rings = (uint16_t)pick(4);
	port.reg.nr_flags = watch[pick(6)] | (pick(3) ? 0 : NR_ACCEPT_VNET_HDR) | (pick(6) ? 0 : NR_EXCLUSIVE);
	if (nt_port_open(&port, name, NULL))
		return;
	__sync_fetch_and_add(&shared->opened, 1);
	if (!pick(3)) {
		second.reg.nr_flags = watch[pick(6)];
		nt_port_open(&second, name, NULL);
	}
	some_traffic(&port);
	if (second.fd >= 0)
		some_traffic(&second);
	if (!pick(20))
		raise(SIGKILL);
	nt_port_close(&port);
	nt_port_close(&second);
}

static void load(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST) {
		nt_result(false, "load %s: %s", file, strerror(errno));
		exit(1);
	}
	close(fd);
}

static void interface_up(const char *nic)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", nic);
	if (!ioctl(fd, SIOCGIFFLAGS, &ifr)) {
		ifr.ifr_flags |= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &ifr);
	}
	close(fd);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * Takes the driver away, whoever uses its NIC, and the core module too if
 * nobody has it, or will have it at that time; both come back. Returns 0 or
 * why the core module stayed.
 */
static int unload_and_load(const char *nic, double patience)
{
	int error;

	if (syscall(SYS_delete_module, "r8169", O_NONBLOCK)) {
		nt_result(false, "unload the driver: %s", strerror(errno));
		exit(1);
	}
	shared->driver_unloads++;
	do
		error = syscall(SYS_delete_module, "netmap", O_NONBLOCK) ? errno : 0;
	while (error && now() < patience && !usleep(10000));
	if (error)
		shared->module_refusals++;
	else
		shared->module_unloads++;
	load("/netmap.ko");
	load("/r8169.ko");
	interface_up(nic);
	return error;
}

static void try_to_unload(const char *nic)
{
	if (__sync_lock_test_and_set(&shared->modules_busy, 1))
		return;
	unload_and_load(nic, 0);
	__sync_lock_release(&shared->modules_busy);
}

static bool amid;

static void change_something(const char *nic)
{
	struct nmreq_vale_attach attach = { .reg.nr_mode = pick(2) ? NR_REG_ALL_NIC : NR_REG_NIC_SW };
	struct nmreq_vale_detach detach = { 0 };
	struct nmreq_vale_newif newif = { .nr_tx_slots = 64, .nr_rx_slots = 64 };
	struct nmreq_port_hdr hdr = { .nr_hdr_len = pick(2) ? 12 : 0 };
	struct nmreq_vale_polling polling = { .nr_mode = 1, .nr_num_polling_cpus = 1 };
	char name[64], ifname[16];

	snprintf(ifname, sizeof(ifname), "v%u", pick(3));
	snprintf(name, sizeof(name), "vale%u:%s", pick(2), pick(3) ? ifname : nic);
	if (amid && !pick(100)) {
		try_to_unload(nic);
		return;
	}
	__sync_fetch_and_add(&shared->changed, 1);
	switch (pick(8)) {
	case 0:
		ctrl(NETMAP_REQ_VALE_NEWIF, ifname, &newif);
		break;
	case 1:
		ctrl(NETMAP_REQ_VALE_DELIF, ifname, NULL);
		break;
	case 2:
	case 3:
		if (!ctrl(NETMAP_REQ_VALE_ATTACH, name, &attach))
			__sync_fetch_and_add(&shared->attached, 1);
		break;
	case 4:
		snprintf(name, sizeof(name), "vale%u:%u", pick(2), pick(8));
		ctrl(NETMAP_REQ_PORT_HDR_SET, name, &hdr);
		break;
	case 5:
		ctrl(pick(2) ? NETMAP_REQ_VALE_POLLING_ENABLE : NETMAP_REQ_VALE_POLLING_DISABLE, name, &polling);
		break;
	default:
		ctrl(NETMAP_REQ_VALE_DETACH, name, &detach);
	}
}

/* What is attached and made goes in the right order, the second attachment first. */
static void clean_up(const char *nic)
{
	struct nmreq_vale_detach detach = { 0 };
	struct nmreq_vale_polling polling = { 0 };
	unsigned int i;
	char name[64];

	for (i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "vale%u:%s", i & 1, nic);
		ctrl(NETMAP_REQ_VALE_POLLING_DISABLE, name, &polling);
		ctrl(NETMAP_REQ_VALE_DETACH, name, &detach);
		snprintf(name, sizeof(name), "vale%u:v%u", i & 1, i / 2 % 3);
		ctrl(NETMAP_REQ_VALE_POLLING_DISABLE, name, &polling);
		ctrl(NETMAP_REQ_VALE_DETACH, name, &detach);
		snprintf(name, sizeof(name), "vale%u:v%u", !(i & 1), i / 2 % 3);
		ctrl(NETMAP_REQ_VALE_DETACH, name, &detach);
	}
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "v%u", i);
		ctrl(NETMAP_REQ_VALE_DELIF, name, NULL);
		if (if_nametoindex(name))
			nt_result(false, "%s cannot be deleted", name);
	}
}

/* The sum of the numbers that a format finds in the lines of a file. */
static long sum_of(const char *file, const char *format)
{
	long sum = 0, n;
	char line[100];
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, format, &n) == 1)
			sum += n;
	if (f)
		fclose(f);
	return sum;
}

/* Free pages on the lists of the CPUs are not in MemAvailable: they come and go by tens of MB. */
static long available_kb(void)
{
	return sum_of("/proc/meminfo", "MemAvailable: %ld") + 4 * sum_of("/proc/zoneinfo", " count: %ld");
}

/* One of the 8 processes: three seconds of anything. */
static void be_random(uint32_t seed, double end, const char *nic)
{
	double stop = now() + 3;

	chance = mix(seed);
	while (now() < stop && now() < end) {
		if (pick(3))
			open_something(nic);
		else
			change_something(nic);
	}
	_exit(nt_failed != 0);
}

static int chaos(double seconds, uint32_t seed, const char *nic)
{
	double end = now() + seconds;
	unsigned int i, round, failed = 0;
	long first = 0, last = 0;
	int error = 0, status;

	nt_module_moves = true;
	for (round = 0; now() < end && !error; round++) {
		pid_t pid[8];

		for (i = 0; i < 8; i++) {
			pid[i] = fork();
			if (pid[i] == 0)
				be_random(seed + round * 8 + i, end, nic);
		}
		for (i = 0; i < 8; i++) {
			waitpid(pid[i], &status, 0);
			failed += WIFEXITED(status) && WEXITSTATUS(status);
		}
		/* nobody is left, so nothing may hold the module: a reference too many shows here */
		clean_up(nic);
		error = unload_and_load(nic, now() + 10);
		last = available_kb();
		if (round == 1)
			first = last;
	}
	nt_equal("processes that failed", 0, failed);
	nt_errno_is("when all are gone the module can be unloaded", 0, error);
	nt_result(round < 3 || last > first - 32768, "memory comes back: %ld kB free after 2 rounds, %ld at the end",
		  first, last);
	nt_result(shared->opened > round && shared->changed > round && shared->attached > 0,
		  "%u rounds, seed %u: %u ports opened, %u changes, %u NICs and ports attached", round, seed,
		  shared->opened, shared->changed, shared->attached);
	nt_result(amid ? shared->driver_unloads > round : shared->driver_unloads == round,
		  "the driver unloaded %u times, netmap %u times, refused %u times",
		  shared->driver_unloads, shared->module_unloads, shared->module_refusals);
	return nt_failed != 0;
}

int main(int argc, char **argv)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc == 3 && !strcmp(argv[1], "order"))
		return order((uint32_t)atoi(argv[2]));
	amid = argc == 6 && !strcmp(argv[5], "amid");
	if (argc == 6 && !strcmp(argv[1], "chaos"))
		return chaos(atof(argv[2]), (uint32_t)atoi(argv[3]), argv[4]);
	fputs("usage: see the comment at the head of stress.c\n", stderr);
	return 2;
}
