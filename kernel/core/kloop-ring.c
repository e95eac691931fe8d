// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * One ring of the sync loop: positions come from the CSB arrays, and go there.
 *
 * A direct ring is worked on by the thread that kicks it, inside the wake-up of
 * an eventfd with interrupts off, or by the one that has news for it. What cannot
 * be done there is left to the thread of the loop: the ring or the switch is
 * busy, there is too much, an eventfd must not be signalled from another one, or
 * the work comes out of that of another direct ring.
 */
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "kloop.h"

#define NM_KLOOP_DRY_MAX 2 /* RX syncs without news */
#define NM_KLOOP_DIRECT_ROUNDS 4 /* syncs of one kick */
#define NM_KLOOP_ROUNDS 64 /* of the thread, before another ring's turn */

/*
 * Direct rings that this CPU works on: one. What it moves is news for another,
 * which would have news for the first, and so on.
 */
static DEFINE_PER_CPU(u32, nm_kloop_depth);

/* The program's positions. The program writes cur before head. */
static void nm_kloop_read(struct nm_kloop_ring *r, u32 *head, u32 *cur, u32 *flags)
{
	/* pairs with the barrier between cur and head of the program */
	*head = nm_load_acquire(&r->atok->head);
	*cur = nm_load(&r->atok->cur);
	*flags = nm_load(&r->atok->sync_flags) & NM_SYNC_PUBLIC;
	/* the slots were written before the positions */
	smp_rmb();
}

static void nm_kloop_write(struct nm_kloop_ring *r)
{
	struct netmap_kring *kring = r->kring;

	kring->rtail = kring->nr_hwtail;
	/* slots, then hwcur, then hwtail: the order that programs rely on */
	smp_wmb();
	nm_store(&r->ktoa->hwcur, kring->nr_hwcur);
	/* see above */
	nm_store_release(&r->ktoa->hwtail, kring->rtail);
}

static void nm_kloop_notify(struct nm_kloop_ring *r)
{
	/* pairs with the program, which looks again after asking for it */
	smp_mb();
	if (!r->irq || !nm_load(&r->atok->appl_need_kick))
		return;
	/* the file that is kicked is locked, and may be the one to signal */
	if (!this_cpu_read(nm_wakes) && nm_eventfd_signal_allowed()) {
		nm_eventfd_signal(r->irq);
		return;
	}
	set_bit(NM_KLOOP_TODO_IRQ, &r->todo);
	nm_kloop_kick(r->loop);
}

/* A signal that could not be sent before. Context: the thread of the loop. */
void nm_kloop_ring_signal(struct nm_kloop_ring *r)
{
	if (test_and_clear_bit(NM_KLOOP_TODO_IRQ, &r->todo))
		nm_eventfd_signal(r->irq);
}

/*
 * Nothing to do for the ring: asks for a kick, unless the loop does not sleep.
 * True if something came in between.
 */
static bool nm_kloop_rest(struct nm_kloop_ring *r)
{
	if (!r->loop->events)
		return false;
	nm_store(&r->ktoa->kern_need_kick, 1);
	/* pairs with the program, which looks at it after moving head */
	smp_mb();
	if (nm_load(&r->atok->head) == r->kring->rhead)
		return false;
	nm_store(&r->ktoa->kern_need_kick, 0);
	return true;
}

/* One sync. False: bad positions, or the port cannot. *moved: the tail did. */
static bool nm_kloop_sync(struct nm_kloop_ring *r, u32 how, bool *moved)
{
	struct netmap_kring *kring = r->kring;
	u32 flags, head, cur, lim = kring->nkr_num_slots - 1, tail = kring->rtail;

	nm_kloop_read(r, &head, &cur, &flags);
	head = nm_sync_prologue(kring, head, cur);
	if (kring->tx == NR_TX && nm_kr_txspace(kring) <= lim / 2)
		flags |= NAF_FORCE_RECLAIM;
	if (head > lim) {
		netmap_ring_reinit(kring);
		if (r->loop->events)
			nm_store(&r->ktoa->kern_need_kick, 1);
		return false;
	}
	if (kring->nm_sync(kring, flags | how))
		return false;
	nm_kloop_write(r);
	*moved = tail != kring->rtail;
	if (*moved)
		nm_kloop_notify(r);
	return true;
}

/* How work on a ring ended. */
enum nm_kloop_end {
	NM_KLOOP_DONE,
	NM_KLOOP_MORE, /* rounds were not enough, or the switch was busy */
	NM_KLOOP_BAD, /* positions that the program has to mend */
};

static enum nm_kloop_end nm_kloop_tx(struct nm_kloop_ring *r, u32 rounds, u32 how)
{
	struct netmap_kring *kring = r->kring;
	bool moved;

	while (nm_kloop_sync(r, how, &moved)) {
		/* a pipe that is full tells when it has room, a switch does not */
		if (r->loop->lossy && kring->nr_hwcur != kring->rhead)
			return NM_KLOOP_MORE;
		if (nm_load(&r->atok->head) == kring->rhead && !nm_kloop_rest(r))
			return NM_KLOOP_DONE;
		/* full: the port tells when there is room */
		if (nm_kr_txempty(kring))
			return NM_KLOOP_DONE;
		if (!--rounds)
			return NM_KLOOP_MORE;
	}
	return NM_KLOOP_BAD;
}

static enum nm_kloop_end nm_kloop_rx(struct nm_kloop_ring *r, u32 rounds, u32 how)
{
	struct netmap_kring *kring = r->kring;
	u32 dry = 0, lim = kring->nkr_num_slots - 1;
	bool moved;

	while (nm_kloop_sync(r, how, &moved)) {
		dry = moved ? 0 : dry + 1;
		if (!--rounds)
			return NM_KLOOP_MORE;
		if (nm_load(&r->atok->head) != kring->rhead)
			continue;
		if (kring->nr_hwtail == nm_prev(kring->rhead, lim)) {
			/* full, and only the program can change that */
			if (!nm_kloop_rest(r))
				return NM_KLOOP_DONE;
		} else if (dry >= NM_KLOOP_DRY_MAX ||
			   kring->nr_hwtail == kring->rhead) {
			return NM_KLOOP_DONE;
		}
	}
	return NM_KLOOP_BAD;
}

/* False: somebody has to go on. */
static bool nm_kloop_ring_work(struct nm_kloop_ring *r, u32 rounds, u32 how)
{
	enum nm_kloop_end end;

	switch (nm_kring_tryget(r->kring, false)) {
	case 0:
		break;
	case NM_KR_BUSY:
		return false;
	default:
		/* stopped: the port tells when it starts again */
		return true;
	}
	nm_store(&r->ktoa->kern_need_kick, 0);
	end = r->kring->tx == NR_TX ? nm_kloop_tx(r, rounds, how) :
				      nm_kloop_rx(r, rounds, how);
	/* a direct ring lives on kicks */
	if (r->direct && end == NM_KLOOP_DONE && nm_kloop_rest(r))
		end = NM_KLOOP_MORE;
	nm_kring_put(r->kring);
	return end != NM_KLOOP_MORE;
}

/**
 * nm_kloop_ring_run() - sync a ring while there is something to do
 * @r: the ring
 *
 * A program that always has more does not keep the thread: others wait for
 * the ring, for their rings, and for the end of the loop. Context: the thread
 * of the loop.
 */
void nm_kloop_ring_run(struct nm_kloop_ring *r)
{
	bool more;

	if (r->direct && !test_and_clear_bit(NM_KLOOP_TODO_SYNC, &r->todo))
		return;
	more = !nm_kloop_ring_work(r, NM_KLOOP_ROUNDS, NM_SYNC_REPEAT);
	more |= nm_miss_mend(r->kring);
	if (more)
		nm_kloop_ring_leave(r);
	cond_resched();
}

/* Leaves the ring to the thread of the loop. Any context. */
void nm_kloop_ring_leave(struct nm_kloop_ring *r)
{
	set_bit(NM_KLOOP_TODO_SYNC, &r->todo);
	nm_kloop_kick(r->loop);
}

/**
 * nm_kloop_ring_run_direct() - the same, in the context of a kick or of news
 * @r: a direct ring
 *
 * Pointers in slots (NS_INDIRECT) are those of the program. Pages cannot be
 * waited for: the packet is left to the thread of the loop too. Any context,
 * interrupts may be off.
 */
void nm_kloop_ring_run_direct(struct nm_kloop_ring *r)
{
	bool done = false;

	preempt_disable();
	if (this_cpu_inc_return(nm_kloop_depth) == 1 &&
	    current->mm == r->loop->mm && !in_interrupt()) {
		pagefault_disable();
		done = nm_kloop_ring_work(r, NM_KLOOP_DIRECT_ROUNDS,
					  NM_SYNC_ATOMIC | NM_SYNC_REPEAT);
		pagefault_enable();
	}
	this_cpu_dec(nm_kloop_depth);
	preempt_enable();
	if (!done)
		nm_kloop_ring_leave(r);
}
