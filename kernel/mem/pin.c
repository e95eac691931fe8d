// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Pages of programs that stay where they are: regions and CSB arrays. They
 * count against RLIMIT_MEMLOCK of the user, together with what AF_XDP and
 * io_uring have pinned for it; a program with CAP_IPC_LOCK has no limit.
 */
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>

#include "mem.h"

static int nm_pins_charge(struct nm_pins *pins, u32 num)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	atomic_long_t *locked = &current_user()->locked_vm;
	long old = atomic_long_read(locked);

	if (capable(CAP_IPC_LOCK))
		return 0;
	do {
		if (old + num > limit) {
			nm_prlim(1, "%s: %u pages to be pinned, %ld are, RLIMIT_MEMLOCK allows %lu: raise it (ulimit -l)",
				 current->comm, num, old, limit);
			return -ENOMEM;
		}
	} while (!atomic_long_try_cmpxchg(locked, &old, old + num));
	pins->cred = get_current_cred();
	return 0;
}

static void nm_pins_uncharge(struct nm_pins *pins, u32 num)
{
	if (!pins->cred)
		return;
	atomic_long_sub(num, &pins->cred->user->locked_vm);
	put_cred(pins->cred);
	pins->cred = NULL;
}

/**
 * nm_pins_get() - pin the pages of [start, start + size) of the calling program
 * @pins: what is not in use; unchanged after an error
 * @start: need not be the beginning of a page
 * @size: bytes
 *
 * Context: process.
 *
 * Return: 0; -EFAULT if the program does not have all of that memory for
 * writing; -ENOMEM, also for nothing and for more than it may pin
 */
int nm_pins_get(struct nm_pins *pins, u64 start, u64 size)
{
	u64 first = start >> PAGE_SHIFT, n;
	int pinned, error;

	if (!size)
		return -ENOMEM;
	if (start + size < start || start + size > TASK_SIZE_MAX)
		return -EFAULT;
	n = ((start + size + PAGE_SIZE - 1) >> PAGE_SHIFT) - first;
	if (n > totalram_pages())
		return -ENOMEM;
	error = nm_pins_charge(pins, n);
	if (error)
		return error;
	pins->pages = kvcalloc(n, sizeof(*pins->pages), NM_GFP);
	if (!pins->pages) {
		nm_pins_uncharge(pins, n);
		return -ENOMEM;
	}
	pinned = pin_user_pages_fast(first << PAGE_SHIFT, n,
				     FOLL_WRITE | FOLL_LONGTERM, pins->pages);
	if (pinned != n) {
		if (pinned > 0)
			unpin_user_pages(pins->pages, pinned);
		kvfree(pins->pages);
		pins->pages = NULL;
		nm_pins_uncharge(pins, n);
		return -EFAULT;
	}
	pins->num = n;
	return 0;
}

/* Gives the pages back. They have been written to. */
void nm_pins_put(struct nm_pins *pins)
{
	if (!pins->pages)
		return;
	unpin_user_pages_dirty_lock(pins->pages, pins->num, true);
	kvfree(pins->pages);
	nm_pins_uncharge(pins, pins->num);
	memset(pins, 0, sizeof(*pins));
}
