/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The sync loop: kloop.c starts and stops it, kloop-ring.c works on one ring,
 * kloop-event.c has what wakes it.
 */
#ifndef _NM_KLOOP_H_
#define _NM_KLOOP_H_

#include <linux/eventfd.h>
#include <linux/percpu.h>
#include <linux/poll.h>

#include "core.h"
#include "csb.h"

struct nm_kloop;

/* bits of nm_kloop_ring.todo: what the thread of the loop has to do for a ring */
enum {
	NM_KLOOP_TODO_SYNC, /* somebody had no luck with a direct one */
	NM_KLOOP_TODO_IRQ, /* or could not signal */
};

struct nm_kloop_ring {
	struct nm_kloop *loop;
	struct netmap_kring *kring;
	struct nm_csb_atok __nmshared *atok;
	struct nm_csb_ktoa __nmshared *ktoa;
	struct eventfd_ctx *irq; /* to the program, or NULL */
	struct file *kick; /* from the program, or NULL */
	bool direct; /* the thread that kicks does the work */
	unsigned long todo;
	wait_queue_entry_t wait;
	wait_queue_head_t *wqh; /* where wait is queued */
	poll_table table;
};

struct nm_kloop {
	struct netmap_priv_d *priv;
	struct mm_struct *mm; /* of the program; only compared */
	wait_queue_head_t wqh;
	bool kicked;
	bool events; /* every ring has an eventfd */
	u32 direct; /* NM_OPT_SYNC_KLOOP_DIRECT_* in effect */
	bool lossy; /* a switch, which does not tell when it has room */
	bool listening; /* its rings know it */
	u32 sleep_us;
	u32 num;
	struct nm_kloop_ring ring[];
};

static inline u32 nm_kloop_direct_bit(enum txrx t)
{
	return t == NR_TX ? NM_OPT_SYNC_KLOOP_DIRECT_TX :
			    NM_OPT_SYNC_KLOOP_DIRECT_RX;
}

/* kloop-ring.c */
void nm_kloop_ring_run(struct nm_kloop_ring *r);
void nm_kloop_ring_run_direct(struct nm_kloop_ring *r);
void nm_kloop_ring_leave(struct nm_kloop_ring *r);
void nm_kloop_ring_signal(struct nm_kloop_ring *r);

/* kloop-event.c */
int nm_kloop_options(struct nm_kloop *loop, struct nm_request *req);
void nm_kloop_listen(struct nm_kloop *loop);
void nm_kloop_deafen(struct nm_kloop *loop);
void nm_kloop_kick(struct nm_kloop *loop);

#endif /* _NM_KLOOP_H_ */
