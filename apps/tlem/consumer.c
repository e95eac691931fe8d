// SPDX-License-Identifier: BSD-2-Clause
/* The thread that sends packets when they are due. */
#include <unistd.h>
#include "log.h"
#include "tlem.h"

#define IDLE_US 5

/* Frames that route mode made: ARP. What does not fit into the ring is lost, as on any network. */
static int
send_mail(struct direction *d)
{
	int sent = 0, from;

	for (from = 0; from < 2; from++) {
		struct mailbox *mail = &d->mail[from];

		while (mail->head != __atomic_load_n(&mail->tail, __ATOMIC_ACQUIRE)) {
			nmport_inject(d->out, mail->frame[mail->head % MAIL_SLOTS], MAIL_SIZE);
			__atomic_store_n(&mail->head, mail->head + 1, __ATOMIC_RELEASE);
			sent++;
		}
	}
	return sent;
}

/* One packet that is due: sent, dropped when too late. 0, or -1 when the ring is full. */
static int
send_packet(struct direction *d, struct record *record, uint64_t now, struct counters *stats)
{
	if (now - record->at > d->max_late) {
		stats->dropped++;
		stats->dropped_bytes += record->len;
		return 0;
	}
	if (!nmport_inject(d->out, record->data, record->len))
		return -1;
	stats->packets++;
	stats->bytes += record->len;
	return 0;
}

void *
cons(void *argument)
{
	struct direction *d = argument;
	struct counters *stats = &d->session->stats[2 * d->id];
	int unsynced = 0;

	set_scheduling(d->consumer_cpu);
	while (!do_abort) {
		struct record *record = buffer_peek(&d->buffer);
		uint64_t now = now_ns();

		unsynced += send_mail(d);
		if (record && record->at <= now && unsynced < d->options->burst) {
			if (send_packet(d, record, now, stats) == 0) {
				buffer_pop(&d->buffer, record);
				unsynced++;
				continue;
			}
		}
		/* nothing (more) to do now: let the kernel send what there is */
		if (unsynced || nm_tx_pending(NETMAP_TXRING(d->out->nifp, d->out->first_tx_ring)))
			ioctl(d->out->fd, NIOCTXSYNC, NULL);
		if (!unsynced)
			usleep(IDLE_US);
		unsynced = 0;
	}
	/* what was counted as sent goes out */
	ioctl(d->out->fd, NIOCTXSYNC, NULL);
	D("exiting on abort");
	return NULL;
}
