/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wake-ups that cause wake-ups: nesting [SECONDS]
 *
 *     [program] --CSB-- [loop] p{1 ==== p}1 [loop] --CSB-- [program]
 *
 * Both ends of a pipe with two rings have a loop in direct mode, so a kick of one end moves packets and tells the
 * other, which gives slots back and tells the first. Two threads kick as fast as they can. A kernel that carries one
 * out inside the other stands still with interrupts off.
 */
#include "kloop.h"
#include <sys/eventfd.h>

#define RINGS 2

struct end {
	struct nt_port port;
	struct nm_csb_atok *atok;
	struct nm_csb_ktoa *ktoa;
	struct loop loop;
	struct {
		struct nmreq_opt_sync_kloop_eventfds opt;
		int32_t fds[2 * RINGS][2];
	} events;
	struct nmreq_opt_sync_kloop_mode mode;
	int first; /* of the rings that are kicked: TX rings come first */
	volatile uint64_t kicks;
};

static volatile bool over;

static void end_open(struct end *end, const char *name, int first)
{
	struct nmreq_opt_csb csb = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB };
	int i;

	end->first = first;
	end->port.reg = (struct nmreq_register){ .nr_mode = NR_REG_ALL_NIC, .nr_flags = NR_EXCLUSIVE,
						 .nr_tx_rings = RINGS, .nr_rx_rings = RINGS };
	end->atok = aligned_alloc(4096, 4096);
	end->ktoa = aligned_alloc(4096, 4096);
	memset(end->atok, 0, 4096);
	memset(end->ktoa, 0, 4096);
	csb.csb_atok = (uintptr_t)end->atok;
	csb.csb_ktoa = (uintptr_t)end->ktoa;
	if (!nt_errno_is(name, 0, nt_port_open(&end->port, name, &csb)))
		exit(1);
	for (i = 0; i < 2 * RINGS; i++) {
		end->events.fds[i][0] = eventfd(0, EFD_NONBLOCK);
		end->events.fds[i][1] = eventfd(0, EFD_NONBLOCK);
	}
	end->mode = (struct nmreq_opt_sync_kloop_mode){
		.nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE,
		.mode = NM_OPT_SYNC_KLOOP_DIRECT_TX | NM_OPT_SYNC_KLOOP_DIRECT_RX };
	end->events.opt.nro_opt = (struct nmreq_option){
		.nro_next = (uintptr_t)&end->mode, .nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS,
		.nro_size = sizeof(end->events) };
	end->loop.fd = end->port.fd;
	end->loop.options = &end->events;
	pthread_create(&end->loop.id, NULL, run, &end->loop);
	while (!asleep(&end->loop))
		usleep(1000);
}

static void end_close(struct end *end, const char *what)
{
	nt_errno_is("stop", 0, stop(end->port.fd));
	pthread_join(end->loop.id, NULL);
	nt_errno_is(what, 0, end->loop.error);
	nt_port_close(&end->port);
}

/* TX: one more packet, if there is room. RX: everything goes back. */
static void ring_move(struct end *end, int i)
{
	uint32_t tail = *(volatile uint32_t *)&end->ktoa[i].hwtail, head = *(volatile uint32_t *)&end->atok[i].head;

	if (i >= RINGS) {
		head = tail;
	} else if (head != tail) {
		struct netmap_ring *ring = nt_tx(&end->port, i);

		ring->slot[head].len = 60;
		head = nt_next(ring, head);
	}
	*(volatile uint32_t *)&end->atok[i].cur = head;
	__sync_synchronize();
	*(volatile uint32_t *)&end->atok[i].head = head;
}

static void *kick(void *arg)
{
	struct end *end = arg;
	uint64_t one = 1;
	unsigned int turn;

	for (turn = 0; !over; turn++) {
		for (int i = 0; i < RINGS; i++)
			ring_move(end, end->first + i);
		__sync_synchronize();
		if (write(end->events.fds[end->first + turn / 3 % RINGS][0], &one, 8) != 8)
			nt_result(false, "kick: %s", strerror(errno));
		end->kicks++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct end a, b;
	int seconds = argc > 1 ? atoi(argv[1]) : 15;
	pthread_t ta, tb;

	end_open(&a, "p{1", 0);
	end_open(&b, "p}1", RINGS);
	pthread_create(&ta, NULL, kick, &a);
	pthread_create(&tb, NULL, kick, &b);
	sleep(seconds);
	over = true;
	pthread_join(ta, NULL);
	pthread_join(tb, NULL);
	nt_result(a.kicks && b.kicks, "both ends are kicked and live: %lu and %lu times", (unsigned long)a.kicks,
		  (unsigned long)b.kicks);
	end_close(&a, "the loop of the master");
	end_close(&b, "the loop of the slave");
	return nt_failed;
}
