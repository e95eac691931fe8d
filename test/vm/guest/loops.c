// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sync loop's life, and loops of ports with several rings and of pipes. Results go to the guest's result file.
 *
 *     [program] --CSB-- [loop of m, two rings each way] --- vale0 --- [b]
 *     [program] --CSB-- [loop of the master of a pipe] ====== [slave]
 */
#include "kloop.h"
#include <sys/eventfd.h>

#define RINGS 2
#define PER_RING 3000

/* A loop in a thread; returns when a second one is refused, so this one runs. */
static bool loop_start(struct loop *loop)
{
	double limit = now() + 150;
	int error;

	pthread_create(&loop->id, NULL, run, loop);
	do {
		usleep(1000);
		/* refused for its sleep before anything else, so it never runs itself */
		error = nt_ctrl(loop->fd, NETMAP_REQ_CSB_ENABLE, "", NULL,
				&(struct nmreq_opt_csb){ .nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB,
							 .csb_atok = 1, .csb_ktoa = 1 });
	} while (error != EBUSY && now() < limit);
	return error == EBUSY;
}

static void loop_end(struct loop *loop, const char *what)
{
	nt_errno_is(what, 0, stop(loop->fd));
	pthread_join(loop->id, NULL);
	nt_errno_is("and it ends well", 0, loop->error);
}

static bool csb_open(struct nt_port *port, const char *name, struct nmreq_register reg)
{
	struct nmreq_opt_csb csb = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB, .csb_atok = (uintptr_t)atok,
				     .csb_ktoa = (uintptr_t)ktoa };

	reg.nr_flags |= NR_EXCLUSIVE;
	*port = (struct nt_port){ .reg = reg };
	return nt_errno_is(name, 0, nt_port_open(port, name, &csb));
}

/* What may be asked of a descriptor whose loop runs, and what a stop is kept for. */
static void test_life(void)
{
	struct nmreq_opt_sync_kloop_mode bad = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE, .mode = 4 };
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct loop loop = { .sleep_us = 1000 };
	struct pollfd pfd;
	struct nt_port m;
	int other;

	if (!csb_open(&m, "vale0:m", (struct nmreq_register){ 0 }))
		return;
	stop(m.fd);
	nt_errno_is("refused for its sleep", EINVAL, start(m.fd, 1000001, NULL));
	nt_errno_is("which leaves the stop to the next one", 0, start(m.fd, 0, NULL));
	stop(m.fd);
	stop(m.fd);
	nt_errno_is("two stops, refused for its options", EINVAL, start(m.fd, 0, &bad));
	loop.fd = m.fd;
	nt_result(loop_start(&loop), "which took the stop: the next one runs");
	nt_errno_is("its descriptor: no TX sync", EBUSY, ioctl(m.fd, NIOCTXSYNC) ? errno : 0);
	nt_errno_is("no RX sync", EBUSY, ioctl(m.fd, NIOCRXSYNC) ? errno : 0);
	pfd = (struct pollfd){ .fd = m.fd, .events = POLLIN | POLLOUT };
	poll(&pfd, 1, 0);
	nt_equal("no poll", POLLERR, pfd.revents);
	nt_errno_is("no registration", EBUSY, nt_register(m.fd, "vale0:x", &reg));
	nt_errno_is("no second loop", EBUSY, start(m.fd, 0, NULL));
	/* the file stays open: only its number goes */
	other = dup(m.fd);
	close(m.fd);
	usleep(50000);
	m.fd = loop.fd = other;
	nt_errno_is("a number that is closed does not end it", EBUSY, start(other, 0, NULL));
	loop_end(&loop, "a stop by another number does");
	nt_port_close(&m);
}

/* Options of a loop with one eventfd for all rings to wake it, and one to hear from it. */
struct events {
	struct nmreq_option opt;
	struct {
		int32_t io, irq;
	} fds[2 * RINGS];
};

static struct events *events_of(struct events *ev, int rings, int io, int irq)
{
	*ev = (struct events){ .opt = { .nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS,
					.nro_size = 24 + 8 * (uint64_t)rings } };
	while (rings--) {
		ev->fds[rings].io = io;
		ev->fds[rings].irq = irq;
	}
	return ev;
}

static void kick(int io, struct nm_csb_ktoa *k)
{
	uint64_t one = 1;

	__sync_synchronize();
	if (k->kern_need_kick)
		(void)!write(io, &one, 8);
}

static bool is(struct netmap_ring *ring, uint32_t at, uint32_t number)
{
	return !memcmp(nt_buf(ring, ring->slot[at].buf_idx) + 14, &number, 4);
}

/* Counts of numbered packets on their way from the loop's port to the other one, and back; a number has its ring on top. */
struct rounds {
	struct nt_port m, b;
	uint32_t sent[RINGS], got[RINGS], back[RINGS], wrong;
	int io;
};

static void rounds_send(struct rounds *r, uint32_t i)
{
	uint32_t tail, hwcur, head;

	nm_sync_kloop_appl_read(&ktoa[i], &tail, &hwcur);
	for (head = atok[i].head; head != tail && r->sent[i] < PER_RING && r->sent[i] - r->got[i] < 200;
	     head = nt_next(nt_tx(&r->m, i), head))
		fill(nt_tx(&r->m, i), head, i << 24 | r->sent[i]++);
	nm_sync_kloop_appl_write(&atok[i], head, head);
	kick(r->io, &ktoa[i]);
}

/* Whether the packet is the next of its ring. Returns the ring. */
static uint32_t rounds_check(struct rounds *r, struct netmap_ring *ring, uint32_t at, uint32_t *count)
{
	uint32_t number, from;

	memcpy(&number, nt_buf(ring, ring->slot[at].buf_idx) + 14, 4);
	from = number >> 24;
	if (from < RINGS && (number & 0xffffff) == count[from]) {
		count[from]++;
		return from;
	}
	r->wrong++;
	return 0;
}

/* The other port sends each packet back, from its ring of the same number. */
static void rounds_echo(struct rounds *r)
{
	struct netmap_ring *rx = nt_rx(&r->b, 0);

	ioctl(r->b.fd, NIOCRXSYNC);
	for (; rx->head != rx->tail; rx->head = rx->cur = nt_next(rx, rx->head)) {
		uint32_t i = rounds_check(r, rx, rx->head, r->got);
		struct netmap_ring *tx = nt_tx(&r->b, i);

		fill(tx, tx->head, i << 24 | (r->got[i] - 1));
		tx->head = tx->cur = nt_next(tx, tx->head);
		ioctl(r->b.fd, NIOCTXSYNC);
	}
}

static void rounds_receive(struct rounds *r)
{
	struct nm_csb_atok *mine = &atok[RINGS]; /* RX ring 0: all packets are for everybody */
	struct netmap_ring *in = nt_rx(&r->m, 0);
	uint32_t tail, hwcur, head;

	nm_sync_kloop_appl_read(&ktoa[RINGS], &tail, &hwcur);
	for (head = mine->head; head != tail; head = nt_next(in, head))
		rounds_check(r, in, head, r->back);
	nm_sync_kloop_appl_write(mine, head, head);
	kick(r->io, &ktoa[RINGS]);
}

static void test_rings(void)
{
	struct nmreq_register two = { .nr_tx_rings = RINGS, .nr_rx_rings = RINGS };
	struct rounds r = { .b.reg = two, .io = eventfd(0, EFD_NONBLOCK) };
	int irq = eventfd(0, EFD_NONBLOCK);
	double limit = now() + 150;
	struct loop loop = { 0 };
	struct events ev;
	uint32_t i;

	if (!csb_open(&r.m, "vale0:m", two))
		return;
	loop.fd = r.m.fd;
	stop(r.m.fd);
	nt_errno_is("events for three of four rings", EINVAL, start(r.m.fd, 0, events_of(&ev, 3, r.io, irq)));
	nt_errno_is("the other port", 0, nt_port_open(&r.b, "vale0:b", NULL));
	loop.options = events_of(&ev, 2 * RINGS, r.io, irq);
	nt_result(loop_start(&loop), "a loop of four rings");
	while (r.back[0] + r.back[1] < RINGS * PER_RING && !r.wrong && now() < limit) {
		for (i = 0; i < RINGS; i++)
			rounds_send(&r, i);
		rounds_echo(&r);
		rounds_receive(&r);
	}
	nt_equal("two TX rings: all come back", RINGS * PER_RING, r.back[0] + r.back[1]);
	nt_equal("in the order of their rings", 0, r.wrong);
	loop_end(&loop, "stop");
	nt_port_close(&r.b);
	nt_port_close(&r.m);
	/* a binding to TX rings has those alone in its arrays */
	two.nr_flags = NR_TX_RINGS_ONLY;
	if (csb_open(&r.m, "vale0:t", two)) {
		stop(r.m.fd);
		nt_errno_is("TX rings alone: events for two", 0, start(r.m.fd, 0, events_of(&ev, 2, r.io, irq)));
		nt_errno_is("not for four", EINVAL, start(r.m.fd, 0, events_of(&ev, 4, r.io, irq)));
		nt_port_close(&r.m);
	}
	close(r.io);
	close(irq);
}

/* A pipe that is full: the loop hears of room from the other end, and the program from the loop. */
static void test_pipe(uint32_t direct)
{
	int io = eventfd(0, EFD_NONBLOCK), irq = eventfd(0, EFD_NONBLOCK);
	struct nmreq_register small = { .nr_tx_slots = 32, .nr_rx_slots = 32 };
	uint32_t sent = 0, got = 0, wrong = 0, told = 0, head, tail, hwcur;
	struct nmreq_opt_sync_kloop_mode mode = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE, .mode = direct };
	struct nt_port m, s = { .reg = small };
	double limit = now() + 150;
	struct loop loop = { 0 };
	struct pollfd pfd;
	struct events ev;
	uint64_t count;

	if (!csb_open(&m, "vale9:p{1", small))
		return;
	nt_errno_is("the other end", 0, nt_port_open(&s, "vale9:p}1", NULL));
	loop.fd = m.fd;
	events_of(&ev, 2, io, irq);
	mode.nro_opt.nro_next = (uintptr_t)&ev;
	loop.options = &mode;
	nt_result(loop_start(&loop), "a loop of a pipe, direct modes %u", direct);
	while (got < 2000 && now() < limit) {
		nm_sync_kloop_appl_read(&ktoa[0], &tail, &hwcur);
		for (head = atok[0].head; head != tail && sent < 2000; head = nt_next(nt_tx(&m, 0), head))
			fill(nt_tx(&m, 0), head, sent++);
		nm_sync_kloop_appl_write(&atok[0], head, head);
		kick(io, &ktoa[0]);
		/* all that is on its way arrives, and is released at once */
		pfd = (struct pollfd){ .fd = s.fd, .events = POLLIN };
		while (got < sent && poll(&pfd, 1, 60000) == 1)
			for (; nt_rx(&s, 0)->head != nt_rx(&s, 0)->tail; got++) {
				wrong += !is(nt_rx(&s, 0), nt_rx(&s, 0)->head, got);
				nt_rx(&s, 0)->head = nt_rx(&s, 0)->cur = nt_next(nt_rx(&s, 0), nt_rx(&s, 0)->head);
			}
		if (got < sent)
			break;
		/* nobody kicks now: the room is the loop's to find, and to tell */
		atok[0].appl_need_kick = 1;
		__sync_synchronize();
		ioctl(s.fd, NIOCRXSYNC);
		pfd = (struct pollfd){ .fd = irq, .events = POLLIN };
		while (nm_sync_kloop_appl_read(&ktoa[0], &tail, &hwcur), head == tail && poll(&pfd, 1, 60000) == 1)
			told += read(irq, &count, 8) == 8;
		if (head == tail)
			break;
		/* in direct mode it was found before that ioctl returned */
		told += read(irq, &count, 8) == 8;
	}
	nt_result(got == 2000 && !wrong, "through a pipe of 31 slots: %u of 2000, %u out of order", got, wrong);
	/* kernels before 5.16 leave the signal of a direct ring to the loop's thread */
	pfd = (struct pollfd){ .fd = irq, .events = POLLIN };
	if (!told && poll(&pfd, 1, 60000) == 1)
		told += read(irq, &count, 8) == 8;
	nt_result(told > 0, "the program was told of room %u times", told);
	loop_end(&loop, "stop");
	nt_port_close(&s);
	nt_port_close(&m);
	close(io);
	close(irq);
}

int main(void)
{
	uint32_t direct;

	atok = aligned_alloc(4096, 4096);
	ktoa = aligned_alloc(4096, 4096);
	memset(atok, 0, 4096);
	memset(ktoa, 0, 4096);
	test_life();
	test_rings();
	for (direct = 0; direct < 4; direct++)
		test_pipe(direct);
	return nt_failed != 0;
}
