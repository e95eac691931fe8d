// SPDX-License-Identifier: BSD-2-Clause
/*
 * nmduplex: two connected ports send checked frames (apps/common/checkframe.h) to each other at the same time,
 * never more than a window that was not received yet, so that a receiver always has room: nothing may be lost.
 * Prints a JSON object for each run; exit status 0 if every frame arrived once, in order and unharmed, else 1, 2 for errors.
 *
 *   nmduplex IF IF COUNT:LENGTH...	frames each way and their bytes, one run after the other
 */
#include "nmtest.h"
#include "../../../apps/common/checkframe.h"
#include <time.h>

#define FRAME_MAX 16384
#define WINDOW 200 /* slots */
#define SILENCE_S 20

struct side {
	struct nt_port port;
	uint64_t sent, received, bad;
	uint32_t length; /* of the frame that is being received */
	uint8_t frame[FRAME_MAX];
};

static uint32_t space(struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

/* Puts frames up to the window into the ring; their number. */
static uint64_t send_frames(struct side *from, struct side *to, uint64_t count, uint32_t length)
{
	static uint8_t frame[FRAME_MAX];
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 }, me[6] = { 2, 0, 0, 0, 0, 1 };
	struct netmap_ring *ring = nt_tx(&from->port, 0);
	uint32_t slots = (length + ring->nr_buf_size - 1) / ring->nr_buf_size;
	uint64_t before = from->sent;

	check_headers(frame, length, all, me);
	while (from->sent < count && from->sent - to->received < WINDOW / slots && space(ring) >= slots) {
		check_fill(frame, length, (uint32_t)from->sent++);
		for (uint32_t k = 0; k < slots; k++) {
			struct netmap_slot *slot = &ring->slot[ring->head];
			uint32_t at = k * ring->nr_buf_size;

			slot->len = k + 1 < slots ? ring->nr_buf_size : length - at;
			slot->flags = k + 1 < slots ? NS_MOREFRAG : 0;
			memcpy(nt_buf(ring, slot->buf_idx), frame + at, slot->len);
			ring->head = ring->cur = nt_next(ring, ring->head);
		}
	}
	return from->sent - before;
}

/* Takes what has come; its number. */
static uint64_t receive_frames(struct side *to)
{
	struct netmap_ring *ring = nt_rx(&to->port, 0);
	uint64_t before = to->received;
	uint32_t sequence = 0;

	for (; ring->head != ring->tail; ring->head = ring->cur = nt_next(ring, ring->head)) {
		struct netmap_slot *slot = &ring->slot[ring->head];

		if (to->length + slot->len <= FRAME_MAX) {
			memcpy(to->frame + to->length, nt_buf(ring, slot->buf_idx), slot->len);
			to->length += slot->len;
		}
		if (slot->flags & NS_MOREFRAG)
			continue;
		if (check_verify(to->frame, to->length, &sequence) != CHECK_OK ||
		    sequence != (uint32_t)to->received)
			to->bad++;
		to->received++;
		to->length = 0;
	}
	return to->received - before;
}

static bool sync_port(struct side *side)
{
	return !ioctl(side->port.fd, NIOCTXSYNC) && !ioctl(side->port.fd, NIOCRXSYNC);
}

static bool carrier(const char *name)
{
	char path[128], up = '0';
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", name);
	file = fopen(path, "r");
	if (file) {
		if (fread(&up, 1, 1, file) != 1)
			up = '0';
		fclose(file);
	}
	return up == '1';
}

/* One run; true if all arrived. The sequence of both starts at 0. */
static bool exchange(struct side *a, struct side *b, uint64_t count, uint32_t length)
{
	struct timespec begin, end;
	time_t last = time(NULL);

	a->sent = b->sent = a->received = b->received = a->bad = b->bad = 0;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while ((a->received < count || b->received < count) && time(NULL) < last + SILENCE_S) {
		uint64_t moved = send_frames(a, b, count, length) + send_frames(b, a, count, length);

		if (!sync_port(a) || !sync_port(b)) {
			perror("nmduplex: sync");
			exit(2);
		}
		if (moved + receive_frames(a) + receive_frames(b))
			last = time(NULL);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("{\"length\":%u,\"sent\":[%llu,%llu],\"received\":[%llu,%llu],\"bad\":[%llu,%llu],"
	       "\"seconds\":%.3f}\n",
	       length, (unsigned long long)a->sent, (unsigned long long)b->sent,
	       (unsigned long long)a->received, (unsigned long long)b->received,
	       (unsigned long long)a->bad, (unsigned long long)b->bad,
	       (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	return a->received == count && b->received == count && !a->bad && !b->bad;
}

int main(int argc, char **argv)
{
	static struct side a, b;
	time_t start = time(NULL);
	bool ok = true;
	int i;

	if (argc < 4)
		return 2;
	check_init();
	if (nt_port_open(&a.port, argv[1], NULL) || nt_port_open(&b.port, argv[2], NULL)) {
		perror("nmduplex");
		return 2;
	}
	/* entering netmap mode may take the link down for a while */
	while ((!carrier(argv[1]) || !carrier(argv[2])) && time(NULL) < start + SILENCE_S)
		usleep(10000);
	for (i = 3; i < argc; i++) {
		char *end;
		uint64_t count = strtoull(argv[i], &end, 10);
		uint32_t length = *end == ':' ? strtoul(end + 1, NULL, 10) : 0;

		if (length < CHECK_MIN || length > FRAME_MAX)
			return 2;
		ok &= exchange(&a, &b, count, length);
	}
	return !ok;
}
