// SPDX-License-Identifier: BSD-2-Clause
/*
 * CSB mode and the sync loop. Results go to the guest's result file.
 *
 *     [program] --CSB-- [loop of a] --- vale0 --- [b]
 */
#include "kloop.h"
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static struct nmreq_opt_csb csb_option(void *a, void *k)
{
	return (struct nmreq_opt_csb){ .nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB,
				       .csb_atok = (uintptr_t)a, .csb_ktoa = (uintptr_t)k };
}

static int enable(int fd, void *a, void *k)
{
	struct nmreq_opt_csb csb = csb_option(a, k);

	return nt_ctrl(fd, NETMAP_REQ_CSB_ENABLE, "", NULL, &csb);
}

static void test_enable(void)
{
	struct nt_port a = { 0 }, one = { .reg.nr_flags = NR_EXCLUSIVE }, with = one;
	struct nmreq_opt_csb csb = csb_option(atok, ktoa);
	int fd = nt_open();

	nt_errno_is("without the option", EINVAL, nt_ctrl(fd, NETMAP_REQ_CSB_ENABLE, "", NULL, NULL));
	nt_errno_is("not bound: nothing to do", 0, enable(fd, (void *)1, (void *)1));
	nt_errno_is("start, not bound", ENXIO, start(fd, 0, NULL));
	nt_errno_is("stop, not bound", ENXIO, stop(fd));
	close(fd);
	nt_port_open(&a, "vale0:a", NULL);
	nt_errno_is("not exclusive", EINVAL, enable(a.fd, atok, ktoa));
	nt_errno_is("start without CSB mode", EINVAL, start(a.fd, 0, NULL));
	nt_port_close(&a);
	nt_errno_is("open exclusively", 0, nt_port_open(&one, "vale0:a", NULL));
	nt_errno_is("atok not aligned", EINVAL, enable(one.fd, (char *)atok + 4, ktoa));
	nt_errno_is("no atok", EFAULT, enable(one.fd, NULL, ktoa));
	nt_errno_is("ktoa not aligned", EINVAL, enable(one.fd, atok, (char *)ktoa + 4));
	nt_errno_is("no ktoa", EFAULT, enable(one.fd, atok, NULL));
	nt_equal("still in normal mode", 0, ioctl(one.fd, NIOCTXSYNC));
	memset(ktoa, 0xff, 128);
	memset(atok, 0xff, 128);
	nt_errno_is("enable", 0, enable(one.fd, atok, ktoa));
	nt_equal("head", 0, atok[0].head);
	nt_equal("kick wanted", 1, atok[1].appl_need_kick);
	nt_equal("the rest of atok is untouched", 0xffffffff, atok[0].pad[0]);
	nt_equal("TX hwtail", 1023, ktoa[0].hwtail);
	nt_equal("RX hwtail", 0, ktoa[1].hwtail);
	nt_equal("the kernel wants kicks", 1, ktoa[1].kern_need_kick);
	nt_equal("the rest of ktoa is zero", 0, ktoa[1].pad[0]);
	nt_equal("no sync", EBUSY, ioctl(one.fd, NIOCTXSYNC) ? errno : 0);
	nt_equal("no poll", POLLERR, ({ struct pollfd p = { one.fd, POLLIN, 0 }; poll(&p, 1, 0); p.revents; }));
	nt_errno_is("enable again", 0, enable(one.fd, atok, ktoa));
	nt_port_close(&one);
	nt_errno_is("register in CSB mode", 0, nt_port_open(&with, "vale0:a", &csb));
	nt_equal("its status", 0, csb.nro_opt.nro_status);
	nt_port_close(&with);
	memset(&with, 0, sizeof(with));
	nt_errno_is("register in CSB mode, not exclusive", EINVAL, nt_port_open(&with, "vale0:a", &csb));
	nt_equal("its status", EINVAL, csb.nro_opt.nro_status);
}

static void test_start(struct nt_port *a)
{
	struct {
		struct nmreq_option opt;
		struct { int32_t io, irq; } fds[2];
	} ev = { .opt = { .nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, .nro_size = 40 } };
	struct nmreq_opt_sync_kloop_mode mode = {
		.nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE, .mode = 4 };
	struct loop t = { .fd = a->fd };
	double took, quickest = 1e9, limit = now() + 60;
	int i;

	nt_errno_is("stop without a loop", 0, stop(a->fd));
	nt_errno_is("makes the next one end at once", 0, start(a->fd, 0, NULL));
	stop(a->fd);
	nt_errno_is("sleeping too long", EINVAL, start(a->fd, 1000001, NULL));
	nt_errno_is("a mode that does not exist", EINVAL, start(a->fd, 0, &mode));
	nt_equal("its status", EINVAL, mode.nro_opt.nro_status);
	stop(a->fd);
	ev.fds[0].io = ev.fds[1].io = ev.fds[0].irq = ev.fds[1].irq = 1000;
	nt_errno_is("closed eventfds", EBADF, start(a->fd, 0, &ev));
	stop(a->fd);
	ev.fds[0].io = ev.fds[1].io = 0;
	ev.fds[0].irq = ev.fds[1].irq = -1;
	nt_errno_is("not eventfds", EINVAL, start(a->fd, 0, &ev));
	stop(a->fd);
	ev.opt.nro_size = 32;
	nt_errno_is("one too few", EINVAL, start(a->fd, 0, &ev));
	ev.opt.nro_size = 40;
	ev.fds[0].io = -1;
	mode.mode = NM_OPT_SYNC_KLOOP_DIRECT_TX;
	mode.nro_opt.nro_next = (uintptr_t)&ev;
	stop(a->fd);
	nt_errno_is("direct without an eventfd", EINVAL, start(a->fd, 0, &mode));
	nt_equal("its status", EINVAL, ev.opt.nro_status);
	stop(a->fd);
	nt_errno_is("without direct: good", 0, start(a->fd, 0, &ev));
	nt_equal("its status", 0, ev.opt.nro_status);
	t.sleep_us = 1000000;
	pthread_create(&t.id, NULL, run, &t);
	while (ktoa[0].kern_need_kick || ktoa[1].kern_need_kick)
		usleep(1000);
	nt_errno_is("start twice", EBUSY, start(a->fd, 0, NULL));
	nt_errno_is("enable while it runs", EBUSY, enable(a->fd, atok, ktoa));
	/* a busy machine may hold up one of them or the other, not all */
	for (i = 0; i < 10 && quickest >= 0.5; i++) {
		if (i) {
			t.tid = 0;
			pthread_create(&t.id, NULL, run, &t);
		}
		while (!asleep(&t) && now() < limit)
			usleep(1000);
		took = now();
		nt_errno_is("stop a loop that sleeps a second", 0, stop(a->fd));
		took = now() - took;
		quickest = took < quickest ? took : quickest;
		pthread_join(t.id, NULL);
		nt_errno_is("the loop ended well", 0, t.error);
	}
	nt_result(quickest < 0.5, "is prompt");
}

/* Sends count packets through the loop; io: an eventfd wakes it, and direct rings work in its wake-up. */
static void traffic(struct nt_port *a, const char *what, int io, int irq, uint32_t direct, uint32_t sleep_us, uint32_t count)
{
	struct nt_port b = { 0 };
	struct {
		struct nmreq_option opt;
		struct { int32_t io, irq; } fds[2];
	} ev = { .opt = { .nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, .nro_size = 40 },
		 .fds = { { io, irq }, { io, irq } } };
	struct nmreq_opt_sync_kloop_mode mode = {
		.nro_opt = { .nro_next = (uintptr_t)&ev, .nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE }, .mode = direct };
	struct loop t = { .fd = a->fd, .options = io >= 0 ? &mode : NULL, .sleep_us = sleep_us };
	struct netmap_ring *tx = nt_tx(a, 0), *rx;
	uint32_t head = atok[0].head, sent = 0, got = 0, wrong = 0, echoed = 0, kicks = 0, tail, hwcur, number;
	uint32_t rhead = atok[1].head;
	double limit = now() + 150;
	uint64_t one = 1;

	nt_port_open(&b, "vale0:b", NULL);
	rx = nt_rx(&b, 0);
	pthread_create(&t.id, NULL, run, &t);
	while (echoed < count && now() < limit) {
		uint32_t before = head;

		nm_sync_kloop_appl_read(&ktoa[0], &tail, &hwcur);
		while (head != tail && sent < count && sent - got < 500 && sent - echoed < 500) {
			fill(tx, head, sent++);
			head = nt_next(tx, head);
		}
		if (head != before) {
			nm_sync_kloop_appl_write(&atok[0], head, head);
			__sync_synchronize();
			if (io >= 0 && ktoa[0].kern_need_kick)
				kicks += write(io, &one, 8) == 8;
		}
		/* b sends everything back */
		ioctl(b.fd, NIOCRXSYNC);
		while (rx->head != rx->tail) {
			struct netmap_slot *in = &rx->slot[rx->head], *out = &nt_tx(&b, 0)->slot[nt_tx(&b, 0)->head];

			memcpy(&number, nt_buf(rx, in->buf_idx) + 14, 4);
			wrong += number != got++;
			memcpy(nt_buf(nt_tx(&b, 0), out->buf_idx), nt_buf(rx, in->buf_idx), 64);
			out->len = in->len;
			out->flags = 0;
			nt_tx(&b, 0)->head = nt_tx(&b, 0)->cur = nt_next(nt_tx(&b, 0), nt_tx(&b, 0)->head);
			rx->head = rx->cur = nt_next(rx, rx->head);
		}
		ioctl(b.fd, NIOCTXSYNC);
		nm_sync_kloop_appl_read(&ktoa[1], &tail, &hwcur);
		before = rhead;
		while (rhead != tail) {
			memcpy(&number, nt_buf(nt_rx(a, 0), nt_rx(a, 0)->slot[rhead].buf_idx) + 14, 4);
			wrong += number != echoed++;
			rhead = nt_next(nt_rx(a, 0), rhead);
		}
		if (rhead != before) {
			nm_sync_kloop_appl_write(&atok[1], rhead, rhead);
			__sync_synchronize();
			if (io >= 0 && ktoa[1].kern_need_kick)
				kicks += write(io, &one, 8) == 8;
		}
	}
	nt_result(got == count && echoed == count && !wrong, "%s: %u of %u there, %u back, %u out of order", what,
		  got, count, echoed, wrong);
	if (io >= 0) {
		nt_result(kicks > 0, "%s: the loop wanted kicks", what);
		nt_result(read(irq, &one, 8) == 8 && one > 0, "%s: and gave notice", what);
	}
	/* a position out of range leaves the ring where it is */
	hwcur = ktoa[0].hwcur;
	atok[0].head = 5000;
	if (io >= 0) {
		(void)!write(io, &one, 8);
		while (!ktoa[0].kern_need_kick && now() < limit)
			usleep(1000);
		nt_equal("bad positions: kicks are wanted", 1, ktoa[0].kern_need_kick);
	}
	nt_equal("bad positions: nothing moves", hwcur, ktoa[0].hwcur);
	atok[0].head = head;
	nt_errno_is("stop", 0, stop(a->fd));
	pthread_join(t.id, NULL);
	nt_errno_is("the loop ended well", 0, t.error);
	nt_port_close(&b);
}

static bool old_kernel(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major < 5 || (major == 5 && minor < 16);
}

/*
 * Who does the work? The thread of the loop shares a CPU with this one, which does not let go of it: what happens
 * until it sleeps is not the loop's doing.
 */
static void test_who(struct nt_port *a, uint32_t direct)
{
	struct nt_port b = { 0 };
	int io = eventfd(0, 0), tx_irq = eventfd(0, EFD_NONBLOCK), rx_irq = eventfd(0, EFD_NONBLOCK);
	struct {
		struct nmreq_option opt;
		struct { int32_t io, irq; } fds[2];
	} ev = { .opt = { .nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, .nro_size = 40 },
		 .fds = { { io, tx_irq }, { io, rx_irq } } };
	struct nmreq_opt_sync_kloop_mode mode = {
		.nro_opt = { .nro_next = (uintptr_t)&ev, .nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE }, .mode = direct };
	struct loop t = { .fd = a->fd, .options = &mode };
	struct sched_param urgent = { .sched_priority = 10 }, normal = { 0 };
	struct netmap_ring *tx = nt_tx(a, 0);
	uint32_t head = atok[0].head, tail = ktoa[1].hwtail, sent, got;
	double limit = now() + 60;
	cpu_set_t one, all;
	uint64_t count;
	bool signalled;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	nt_port_open(&b, "vale0:b", NULL);
	ktoa[0].kern_need_kick = ktoa[1].kern_need_kick = 0;
	pthread_create(&t.id, NULL, run, &t);
	while (!(ktoa[0].kern_need_kick && asleep(&t)) && now() < limit)
		usleep(1000);
	atok[0].appl_need_kick = atok[1].appl_need_kick = 1;
	sched_setscheduler(0, SCHED_FIFO, &urgent);
	memset(nt_buf(tx, tx->slot[head].buf_idx), 0xff, 60);
	memset(nt_buf(tx, tx->slot[head].buf_idx) + 6, 2, 6);
	tx->slot[head].len = 60;
	tx->slot[head].flags = 0;
	head = nt_next(tx, head);
	nm_sync_kloop_appl_write(&atok[0], head, head);
	count = 1;
	(void)!write(io, &count, 8);
	sent = ktoa[0].hwcur == head;
	memset(nt_buf(nt_tx(&b, 0), nt_tx(&b, 0)->slot[nt_tx(&b, 0)->head].buf_idx), 0xff, 60);
	nt_tx(&b, 0)->slot[nt_tx(&b, 0)->head].len = 60;
	nt_tx(&b, 0)->head = nt_tx(&b, 0)->cur = nt_next(nt_tx(&b, 0), nt_tx(&b, 0)->head);
	ioctl(b.fd, NIOCTXSYNC);
	got = ktoa[1].hwtail != tail;
	signalled = read(rx_irq, &count, 8) == 8;
	sched_setscheduler(0, SCHED_OTHER, &normal);
	nt_equal(direct ? "direct: sent by who kicks" : "not direct: who kicks only wakes the loop", !!direct, sent);
	nt_equal(direct ? "direct: taken when it comes" : "not direct: left to the loop", !!direct, got);
	/* before 5.16 a wake-up cannot tell whether it may signal: the thread does it */
	if (!direct || !old_kernel())
		nt_equal(direct ? "direct: and the program knows" : "not direct: the program does not know", !!direct,
			 signalled);
	while (read(tx_irq, &count, 8) != 8 && now() < limit)
		usleep(1000);
	nt_result(now() < limit, "the end of transmission is told too");
	while (ktoa[1].hwtail == tail && now() < limit)
		usleep(1000);
	nt_equal("and the packet is there", 1, ktoa[1].hwtail != tail);
	tail = ktoa[1].hwtail;
	nm_sync_kloop_appl_write(&atok[1], tail, tail);
	nt_errno_is("stop", 0, stop(a->fd));
	pthread_join(t.id, NULL);
	nt_errno_is("the loop ended well", 0, t.error);
	sched_setaffinity(0, sizeof(all), &all);
	nt_port_close(&b);
	close(io);
	close(tx_irq);
	close(rx_irq);
}

/* Direct modes without eventfds mean nothing. */
static void test_direct_alone(struct nt_port *a)
{
	struct nmreq_opt_sync_kloop_mode mode = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE, .mode = 3 };

	stop(a->fd);
	nt_errno_is("direct modes without eventfds", 0, start(a->fd, 0, &mode));
	nt_equal("are accepted", 0, mode.nro_opt.nro_status);
}

static void test_killed(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct nt_port a = { .reg.nr_flags = NR_EXCLUSIVE };
		struct nmreq_opt_csb csb = csb_option(atok, ktoa);

		if (nt_port_open(&a, "vale0:k", &csb) == 0)
			start(a.fd, 0, NULL);
		_exit(1);
	}
	usleep(200000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	nt_result(WIFSIGNALED(status), "a process in the loop can be killed");
}

int main(void)
{
	struct nt_port a = { .reg.nr_flags = NR_EXCLUSIVE };
	struct nmreq_opt_csb csb;

	atok = aligned_alloc(4096, 4096);
	ktoa = aligned_alloc(4096, 4096);
	memset(atok, 0, 4096);
	memset(ktoa, 0, 4096);
	test_enable();
	csb = csb_option(atok, ktoa);
	nt_errno_is("open in CSB mode", 0, nt_port_open(&a, "vale0:a", &csb));
	test_start(&a);
	traffic(&a, "busy loop", -1, -1, 0, 0, 20000);
	traffic(&a, "a loop that sleeps", -1, -1, 0, 500, 5000);
	traffic(&a, "events", eventfd(0, 0), eventfd(0, 0), 0, 0, 20000);
	traffic(&a, "direct TX", eventfd(0, 0), eventfd(0, 0), NM_OPT_SYNC_KLOOP_DIRECT_TX, 0, 20000);
	traffic(&a, "direct RX", eventfd(0, 0), eventfd(0, 0), NM_OPT_SYNC_KLOOP_DIRECT_RX, 0, 20000);
	traffic(&a, "direct both ways", eventfd(0, 0), eventfd(0, 0),
		NM_OPT_SYNC_KLOOP_DIRECT_TX | NM_OPT_SYNC_KLOOP_DIRECT_RX, 0, 20000);
	test_who(&a, 0);
	test_who(&a, NM_OPT_SYNC_KLOOP_DIRECT_TX | NM_OPT_SYNC_KLOOP_DIRECT_RX);
	test_direct_alone(&a);
	nt_port_close(&a);
	test_killed();
	return nt_failed != 0;
}
