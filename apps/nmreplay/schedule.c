// SPDX-License-Identifier: BSD-2-Clause
/* From a pcap file and the shaping functions to times at which packets leave. */
#include <stdlib.h>
#include <string.h>
#include "nmreplay.h"

#define MIN_PACKETS 10000      /* the file is repeated until the round is so long: random loss
				  and delay would otherwise repeat too soon */
#define DEFAULT_BPS 1000000000 /* for a file with a single packet */
#define MAX_LENGTH 65535
#define NS_PER_SECOND 1000000000ULL

struct totals {
	uint64_t packets, bytes, first_ns, last_ns, first_len;
	uint64_t first_packet_ns; /* time on the line of the first packet: an estimate */
};

static uint32_t
wire_length(const struct pcapfile_record *record)
{
	uint32_t length = record->length > record->captured ? record->length : record->captured;

	return length > MAX_LENGTH ? MAX_LENGTH : length;
}

/* First pass. 0, or -1 when there is nothing to send. */
static int
readpcap(const struct pcapfile *file, struct totals *totals)
{
	struct pcapfile_record record;
	enum pcapfile_status status;
	size_t offset = PCAPFILE_HEADER;
	uint64_t duration, previous = 0;

	ED("filesize is %zu", file->size);
	ED("magic is 0x%x", file->magic);
	ED("swap %d res %u\n", file->swapped, file->resolution_ns);
	memset(totals, 0, sizeof(*totals));
	while ((status = pcapfile_next(file, &offset, &record)) == PCAPFILE_RECORD) {
		if (totals->packets == 0) {
			totals->first_ns = record.time_ns;
			totals->first_len = wire_length(&record);
		} else if (record.time_ns < previous) {
			WWW("packet %llu is older than the one before",
			    (unsigned long long)totals->packets);
			record.time_ns = previous;
		}
		previous = totals->last_ns = record.time_ns;
		totals->packets++;
		totals->bytes += wire_length(&record);
	}
	if (status == PCAPFILE_CUT_HEADER)
		WWW("the file ends within a record header");
	if (status == PCAPFILE_CUT_DATA)
		WWW("the last packet is cut off, dropped");
	if (totals->packets == 0) {
		EEE("no packets in the file");
		return -1;
	}
	duration = totals->last_ns - totals->first_ns;
	ED("tot_pkt %llu tot_bytes %llu tx_time %.6f s first_len %llu",
	   (unsigned long long)totals->packets, (unsigned long long)totals->bytes,
	   (double)duration / NS_PER_SECOND, (unsigned long long)totals->first_len);
	/* the recording does not say how long the first packet took: use the average bandwidth */
	if (duration && totals->bytes > totals->first_len)
		totals->first_packet_ns =
			(uint64_t)((double)duration * (double)totals->first_len /
				   (double)(totals->bytes - totals->first_len));
	else
		totals->first_packet_ns = totals->first_len * 8 * NS_PER_SECOND / DEFAULT_BPS;
	ED("first_pkt_time %.6f s", (double)totals->first_packet_ns / NS_PER_SECOND);
	return 0;
}

/* The line: when its last packet left, in ns since the start of the round. */
struct line {
	uint64_t out;  /* end of the last packet's transmission */
	uint64_t last; /* time at which the last packet leaves, delay included */
	double carry;
	uint64_t random;
};

static void
add_packet(struct schedule *schedule, const struct options *o, struct line *line,
	   const struct pcapfile_record *record, uint64_t recorded)
{
	struct bandwidth as_recorded = { .kind = BW_REAL, .scale = 1 };
	const struct bandwidth *bandwidth =
		o->bandwidth.kind == BW_NONE ? &as_recorded : &o->bandwidth;
	uint32_t length = wire_length(record);
	int lost = loss_decide(&o->loss, length, &line->random);
	uint64_t tx, at;

	schedule->considered++;
	schedule->lost += (uint64_t)lost;
	/* a lost packet takes no bandwidth, but recorded times must not shift */
	if (lost && bandwidth->kind != BW_REAL)
		return;
	tx = bandwidth_ns(bandwidth, length, recorded, &line->carry);
	line->out += tx;
	if (lost)
		return;
	at = line->out + delay_ns(&o->delay, &line->random);
	if (at < line->last + tx)
		at = line->last + tx; /* packets keep their order */
	line->last = at;
	schedule->entries[schedule->count++] =
		(struct entry){ at, record->data, record->captured < length ? record->captured : length,
				length };
}

/* Second pass, as often as needed. */
static void
pcap_prod(struct schedule *schedule, const struct options *o, const struct pcapfile *file,
	  const struct totals *totals, uint64_t rounds)
{
	struct line line = { .random = 0x9e3779b97f4a7c15ULL };
	uint64_t round;

	for (round = 0; round < rounds; round++) {
		struct pcapfile_record record;
		size_t offset = PCAPFILE_HEADER;
		uint64_t previous = totals->first_ns, recorded = totals->first_packet_ns;

		if (round % 1000 == 0 && o->verbose)
			ED("insert %llu len %llu cur_tt %.6f",
			   (unsigned long long)(round * totals->packets),
			   (unsigned long long)totals->first_len,
			   (double)totals->first_packet_ns / NS_PER_SECOND);
		while (pcapfile_next(file, &offset, &record) == PCAPFILE_RECORD) {
			if (record.time_ns > previous)
				recorded += record.time_ns - previous;
			previous = record.time_ns > previous ? record.time_ns : previous;
			add_packet(schedule, o, &line, &record, recorded);
			recorded = 0;
		}
	}
	/* the next round begins when the line is free; delays do not hold it up */
	schedule->period = line.out;
}

int
schedule_build(struct schedule *schedule, const struct options *o, const struct pcapfile *file)
{
	struct totals totals;
	uint64_t rounds;

	memset(schedule, 0, sizeof(*schedule));
	if (readpcap(file, &totals) < 0)
		return -1;
	rounds = (MIN_PACKETS + totals.packets - 1) / totals.packets;
	schedule->entries = malloc(rounds * totals.packets * sizeof(*schedule->entries));
	if (!schedule->entries) {
		EEE("cannot allocate a schedule of %llu packets",
		    (unsigned long long)(rounds * totals.packets));
		return -1;
	}
	ED("--- start create %llu packets", (unsigned long long)(rounds * totals.packets));
	pcap_prod(schedule, o, file, &totals, rounds);
	ED("done, %zu packets in %.6f s", schedule->count,
	   (double)schedule->period / NS_PER_SECOND);
	return 0;
}

void
schedule_free(struct schedule *schedule)
{
	free(schedule->entries);
}
