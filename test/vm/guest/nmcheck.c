// SPDX-License-Identifier: BSD-2-Clause
/*
 * nmcheck: frames whose content proves itself (apps/common/checkframe.h), sent and verified through
 * the raw netmap interface: no library between the test and the kernel. Prints one JSON object.
 *
 *   nmcheck -i eth0 -f tx -n 10000 [-l 60] [-b 512] [options]
 *   nmcheck -i eth0 -f rx -n 10000 [-b 512] [options]
 *     -i name     kernel name of the port: eth0, vale0:a, p{1 (a netmap: prefix is dropped)
 *     -n count    frames; rx: sequence numbers 0..count-1 are expected
 *     -l bytes    frame length, 54..65535; longer than a buffer: several slots (NS_MOREFRAG)
 *     -m mode     all (default), host, both, N (one NIC ring), hN (one host ring)
 *     -r mem_id   memory region
 *     -t ms       rx ends after this silence once something came (default 1000)
 *     -w ms       rx gives up when nothing came for so long (default 10000)
 *     SIGUSR1     tells rx that all has been sent: it takes what is there and ends, whatever -t and -w say
 *     --hold s    rx: once a frame came, sleep s seconds without a system call, then until the rings
 *                 do not change any more; then sleep s seconds again and see that nobody wrote into
 *                 the buffers held
 *     --swap      exchange buffers with extra ones (NS_BUF_CHANGED): tx sends from them, rx keeps
 *                 each buffer for a while and verifies it again before giving it back
 *     --report    tx: NS_REPORT in every slot
 *     --strict    rx: missing or reordered frames make the exit status 1 too
 *     --flows n   tx: frame i is of flow i % n, told by its UDP source port; rx: each flow that comes
 *                 must be complete and in order up to its last frame, or the exit status is 1
 *
 * Exit status: 0; 1 when a frame was damaged, duplicated or a held buffer changed; 2 usage or errors.
 *
 * Build: cc -O2 -static -I kernel/include -o nmcheck test/vm/guest/nmcheck.c
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>
#include <net/netmap_user.h>
#define CHECK_PROGRAM "nmcheck"
#include "../../../apps/common/checkprogram.h"

#define FRAME_MAX 65536
#define EXTRA_BUFFERS 256
#define FLOWS_MAX 60000
#define FIRST_PORT 1024 /* of flow 0 */
#define SOURCE_PORT 34	/* where it is in a frame */

struct options {
	struct check_options common;
	const char *mode;
	int wait_ms, hold_s, mem_id, flows;
	int swap, report, strict;
};

struct port {
	int fd;
	struct netmap_if *nifp;
	uint32_t tx_rings, rx_rings; /* entries in ring_ofs, host rings included */
	uint32_t *extra;	     /* buffer indexes */
	uint32_t extras;
};

static void
set_mode(struct nmreq_register *reg, const char *mode)
{
	if (!strcmp(mode, "all")) {
		reg->nr_mode = NR_REG_ALL_NIC;
	} else if (!strcmp(mode, "host")) {
		reg->nr_mode = NR_REG_SW;
	} else if (!strcmp(mode, "both")) {
		reg->nr_mode = NR_REG_NIC_SW;
	} else {
		int host = *mode == 'h';
		char *end;

		reg->nr_mode = host ? NR_REG_ONE_SW : NR_REG_ONE_NIC;
		reg->nr_ringid = (uint16_t)strtoul(mode + host, &end, 10);
		if (end == mode + host || *end) {
			fprintf(stderr, "nmcheck: unknown mode '%s'\n", mode);
			exit(2);
		}
	}
}

static void
take_extra_buffers(struct port *port, uint32_t count)
{
	/* any ring knows where the buffers are */
	uint32_t i = 0, idx, entries = port->tx_rings + port->rx_rings;
	struct netmap_ring *ring;

	while (i < entries && !port->nifp->ring_ofs[i])
		i++;
	ring = NETMAP_TXRING(port->nifp, i);
	port->extra = calloc(count, sizeof(*port->extra));
	if (!port->extra)
		die("memory");
	for (idx = port->nifp->ni_bufs_head; idx && port->extras < count;
	     idx = *(uint32_t *)(void *)NETMAP_BUF(ring, idx))
		port->extra[port->extras++] = idx;
	/* they are ours now: what we hold at the end goes back by give_extra_buffers() */
	port->nifp->ni_bufs_head = 0;
}

static void
give_extra_buffers(struct port *port)
{
	uint32_t i = 0, entries = port->tx_rings + port->rx_rings;
	struct netmap_ring *ring;

	if (!port->extras)
		return;
	while (i < entries && !port->nifp->ring_ofs[i])
		i++;
	ring = NETMAP_TXRING(port->nifp, i);
	for (i = 0; i < port->extras; i++) {
		*(uint32_t *)(void *)NETMAP_BUF(ring, port->extra[i]) = port->nifp->ni_bufs_head;
		port->nifp->ni_bufs_head = port->extra[i];
	}
}

static void
open_port(struct port *port, const struct options *o)
{
	struct nmreq_register reg = { .nr_mem_id = (uint16_t)o->mem_id };
	struct nmreq_header hdr = { .nr_version = NETMAP_API,
				    .nr_reqtype = NETMAP_REQ_REGISTER,
				    .nr_body = (uintptr_t)&reg };
	void *memory;

	memset(port, 0, sizeof(*port));
	snprintf(hdr.nr_name, sizeof(hdr.nr_name), "%s",
		 strncmp(o->common.port, "netmap:", 7) ? o->common.port : o->common.port + 7);
	set_mode(&reg, o->mode);
	reg.nr_extra_bufs = o->swap ? EXTRA_BUFFERS : 0;
	port->fd = open("/dev/netmap", O_RDWR);
	if (port->fd < 0)
		die("/dev/netmap");
	if (ioctl(port->fd, NIOCCTRL, &hdr) < 0)
		die(hdr.nr_name);
	memory = mmap(NULL, reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED, port->fd, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	port->nifp = NETMAP_IF(memory, reg.nr_offset);
	port->tx_rings = port->nifp->ni_tx_rings + port->nifp->ni_host_tx_rings;
	port->rx_rings = port->nifp->ni_rx_rings + port->nifp->ni_host_rx_rings;
	if (o->swap) {
		take_extra_buffers(port, reg.nr_extra_bufs);
		if (port->extras != reg.nr_extra_bufs || !port->extras) {
			fprintf(stderr, "nmcheck: %u extra buffers granted, %u in the list\n",
				reg.nr_extra_bufs, port->extras);
			exit(2);
		}
	}
}

/* Ring i of a direction, or NULL when this descriptor does not have it. */
static struct netmap_ring *
ring_at(const struct port *port, int receive, uint32_t i)
{
	if (!port->nifp->ring_ofs[receive ? port->tx_rings + i : i])
		return NULL;
	return receive ? NETMAP_RXRING(port->nifp, i) : NETMAP_TXRING(port->nifp, i);
}

static int
wait_for(const struct port *port, short events, int ms)
{
	struct pollfd pfd = { .fd = port->fd, .events = events };
	int n = poll(&pfd, 1, ms);

	if (n < 0 && errno != EINTR)
		die("poll");
	if (n > 0 && (pfd.revents & POLLERR)) {
		errno = EIO;
		die("poll says POLLERR");
	}
	return n;
}

/* ---- sender ---- */

/* Puts a frame into the slots of a ring; 0 when there is no room for all of it. */
static int
put_frame(struct port *port, struct netmap_ring *ring, const uint8_t *frame, int size,
	  const struct options *o)
{
	uint32_t buffer = ring->nr_buf_size, i = ring->head;
	uint32_t slots = ((uint32_t)size + buffer - 1) / buffer, k;

	if (nm_ring_space(ring) < slots) {
		/* poll() is to wait for more than the slots that are free now */
		ring->cur = ring->tail;
		return 0;
	}
	for (k = 0; k < slots; k++, i = nm_ring_next(ring, i)) {
		struct netmap_slot *slot = &ring->slot[i];
		uint32_t len = k + 1 < slots ? buffer : (uint32_t)size - k * buffer;
		uint16_t flags = slot->flags & NS_BUF_CHANGED;

		if (o->swap) {
			static uint32_t next;
			uint32_t *mine = &port->extra[next++ % port->extras], theirs = slot->buf_idx;

			slot->buf_idx = *mine;
			*mine = theirs;
			flags |= NS_BUF_CHANGED;
		}
		memcpy(NETMAP_BUF_OFFSET(ring, slot), frame + k * buffer, len);
		slot->len = (uint16_t)len;
		slot->flags = flags | (k + 1 < slots ? NS_MOREFRAG : 0) |
			      (o->report ? NS_REPORT : 0);
	}
	ring->head = ring->cur = i;
	return 1;
}

static int
pending(const struct port *port)
{
	uint32_t i;

	for (i = 0; i < port->tx_rings; i++) {
		struct netmap_ring *ring = ring_at(port, 0, i);

		if (ring && nm_tx_pending(ring))
			return 1;
	}
	return 0;
}

static void
put_flow(uint8_t *frame, uint32_t flow)
{
	frame[SOURCE_PORT] = (uint8_t)((FIRST_PORT + flow) >> 8);
	frame[SOURCE_PORT + 1] = (uint8_t)(FIRST_PORT + flow);
}

/* Frames of one sender stay in order on one processor only: a veth, for one, has a queue for each. */
static void
stay_here(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	if (sched_setaffinity(0, sizeof(here), &here) < 0)
		die("sched_setaffinity");
}

static int
run_tx(struct port *port, const struct options *o)
{
	static const uint8_t to[6] = { 255, 255, 255, 255, 255, 255 }, from[6] = { 2, 0, 0, 0, 0, 1 };
	static uint8_t frame[FRAME_MAX];
	double start = now(), cpu = cpu_seconds(), deadline;
	long long sent = 0;
	uint32_t r;

	stay_here();
	check_headers(frame, (size_t)o->common.size, to, from);
	while (!stop && sent < o->common.count) {
		if (wait_for(port, POLLOUT, o->wait_ms) == 0) {
			errno = ETIMEDOUT;
			die("no room to send");
		}
		for (r = 0; r < port->tx_rings; r++) {
			struct netmap_ring *ring = ring_at(port, 0, r);
			int i;

			for (i = 0; ring && i < o->common.batch && sent < o->common.count; i++, sent++) {
				if (o->flows)
					put_flow(frame, (uint32_t)(sent % o->flows));
				check_fill(frame, (size_t)o->common.size, (uint32_t)sent);
				if (!put_frame(port, ring, frame, o->common.size, o))
					break;
			}
		}
	}
	deadline = now() + o->wait_ms / 1000.0;
	while (!stop && (ioctl(port->fd, NIOCTXSYNC) < 0 || pending(port)) && now() < deadline)
		usleep(100);
	printf("{\"function\":\"tx\",\"sent\":%lld,\"flushed\":%s,\"seconds\":%.6f,"
	       "\"cpuSeconds\":%.6f}\n",
	       sent, pending(port) ? "false" : "true", now() - start, cpu_seconds() - cpu);
	return pending(port) || sent != o->common.count ? 2 : 0;
}

/* ---- receiver ---- */

struct receiver {
	struct check_tally tally;
	uint8_t *packet; /* fragments put together */
	uint32_t length;
	uint64_t slots, held_changed, held;
	uint32_t *kept_crc; /* --swap: of each extra buffer, as it was when taken */
	uint32_t *kept_len;
	uint32_t next_kept;
	uint32_t *turns; /* --flows: frames of each flow that came in their turn */
	uint64_t disordered;
};

/* --swap: keeps this slot's buffer, gives an older one back after verifying it did not change. */
static void
keep_buffer(struct receiver *rx, struct port *port, struct netmap_ring *ring,
	    struct netmap_slot *slot)
{
	uint32_t k = rx->next_kept++ % port->extras, mine = port->extra[k];
	const uint8_t *old = (const uint8_t *)NETMAP_BUF(ring, mine);

	if (rx->kept_len[k] && check_crc(old, rx->kept_len[k]) != rx->kept_crc[k])
		rx->held_changed++;
	rx->kept_len[k] = slot->len;
	rx->kept_crc[k] = check_crc((const uint8_t *)NETMAP_BUF(ring, slot->buf_idx), slot->len);
	rx->held++;
	port->extra[k] = slot->buf_idx;
	slot->buf_idx = mine;
	slot->flags |= NS_BUF_CHANGED;
}

/* --flows: of each flow, every frame in its turn. */
static void
take_flow(struct receiver *rx, const uint8_t *frame, uint32_t len, uint32_t flows)
{
	uint32_t flow = (uint32_t)(frame[SOURCE_PORT] << 8 | frame[SOURCE_PORT + 1]) - FIRST_PORT;
	uint32_t sequence;

	if (check_verify(frame, len, &sequence) != CHECK_OK)
		return;
	if (flow == sequence % flows && sequence / flows == rx->turns[flow])
		rx->turns[flow]++;
	else
		rx->disordered++;
}

static void
take_frame(struct receiver *rx, const uint8_t *frame, uint32_t len, const struct options *o)
{
	check_tally_add(&rx->tally, frame, len);
	if (o->flows)
		take_flow(rx, frame, len, (uint32_t)o->flows);
}

static void
take_slot(struct receiver *rx, struct port *port, struct netmap_ring *ring, uint32_t i,
	  const struct options *o)
{
	struct netmap_slot *slot = &ring->slot[i];
	int more = slot->flags & NS_MOREFRAG;
	const uint8_t *data = (const uint8_t *)NETMAP_BUF_OFFSET(ring, slot);

	rx->slots++;
	if (slot->len > ring->nr_buf_size || rx->length + slot->len > FRAME_MAX) {
		rx->tally.bad++;
		rx->length = 0;
		return;
	}
	if (!more && !rx->length) {
		take_frame(rx, data, slot->len, o);
	} else {
		memcpy(rx->packet + rx->length, data, slot->len);
		rx->length += slot->len;
		if (!more) {
			take_frame(rx, rx->packet, rx->length, o);
			rx->length = 0;
		}
	}
	if (o->swap)
		keep_buffer(rx, port, ring, slot);
}

/* CRC over all slots the program owns now. */
static uint32_t
crc_of_held(const struct port *port, uint64_t *slots)
{
	uint32_t crc = 0, r, i;

	*slots = 0;
	for (r = 0; r < port->rx_rings; r++) {
		struct netmap_ring *ring = ring_at(port, 1, r);

		if (!ring)
			continue;
		for (i = ring->head; i != ring->tail; i = nm_ring_next(ring, i), (*slots)++) {
			struct netmap_slot *slot = &ring->slot[i];

			crc = crc * 31 + slot->len + slot->buf_idx +
			      check_crc((const uint8_t *)NETMAP_BUF_OFFSET(ring, slot), slot->len);
		}
	}
	return crc;
}

/* Lets the rings fill up, then watches what user space owns for hold_s seconds. */
static void
hold(struct receiver *rx, struct port *port, const struct options *o)
{
	uint64_t before = 0, after;
	uint32_t crc;

	sleep((unsigned int)o->hold_s);
	do {
		ioctl(port->fd, NIOCRXSYNC);
		after = before;
		crc = crc_of_held(port, &before);
		usleep(200000);
	} while (!stop && before != after);
	sleep((unsigned int)o->hold_s);
	rx->held += before;
	/* with syncs in between too: the kernel must leave our slots alone */
	ioctl(port->fd, NIOCRXSYNC);
	if (crc_of_held(port, &after) != crc && after == before)
		rx->held_changed++;
}

/* Silence that ends rx once all has been sent: time for what a NIC still holds. */
#define SENT_SILENCE_MS 2000

static volatile sig_atomic_t all_sent;

static void
on_all_sent(int number)
{
	(void)number;
	all_sent = 1;
}

/* How long rx waits for the next frame. */
static int
patience(const struct options *o, int started)
{
	int ms = started ? o->common.silence_ms : o->wait_ms;

	return all_sent && ms > SENT_SILENCE_MS ? SENT_SILENCE_MS : ms;
}

/* One round over the rings: up to so many slots from each. */
static void
take_round(struct receiver *rx, struct port *port, int limit, const struct options *o)
{
	uint32_t r;

	for (r = 0; r < port->rx_rings; r++) {
		struct netmap_ring *ring = ring_at(port, 1, r);
		int i;

		for (i = 0; ring && i < limit && !nm_ring_empty(ring); i++) {
			take_slot(rx, port, ring, ring->head, o);
			ring->head = ring->cur = nm_ring_next(ring, ring->head);
		}
	}
}

static unsigned int
flows_seen(const struct receiver *rx)
{
	unsigned int i, n = 0;

	for (i = 0; i < FLOWS_MAX; i++)
		n += rx->turns[i] > 0;
	return n;
}

static int
run_rx(struct port *port, const struct options *o)
{
	struct receiver rx = { .packet = malloc(FRAME_MAX),
			       .kept_crc = calloc(EXTRA_BUFFERS, 4),
			       .kept_len = calloc(EXTRA_BUFFERS, 4),
			       .turns = calloc(FLOWS_MAX, 4) };
	double first = 0, last = 0, cpu = cpu_seconds();
	const struct check_tally *t = &rx.tally;

	if (!rx.packet || !rx.kept_crc || !rx.kept_len || !rx.turns ||
	    check_tally_init(&rx.tally, (uint64_t)o->common.count) < 0)
		die("memory");
	while (!stop && t->ok < (uint64_t)o->common.count) {
		if (wait_for(port, POLLIN, patience(o, first > 0)) == 0)
			break;
		if (!first) {
			first = now();
			cpu = cpu_seconds();
			if (o->hold_s)
				hold(&rx, port, o);
		}
		take_round(&rx, port, o->common.batch, o);
		last = now();
	}
	/* what came before the end that somebody else chose counts too */
	if (stop && ioctl(port->fd, NIOCRXSYNC) == 0)
		take_round(&rx, port, INT_MAX, o);
	/* give the slots back: a sender on a pipe waits for that */
	ioctl(port->fd, NIOCRXSYNC);
	printf("{\"function\":\"rx\",");
	check_tally_print(t);
	printf(",\"foreign\":%llu,\"bytes\":%llu,\"slots\":%llu,\"held\":%llu,"
	       "\"heldChanged\":%llu,\"flows\":%u,\"disordered\":%llu,\"seconds\":%.6f,"
	       "\"cpuSeconds\":%.6f}\n",
	       (unsigned long long)t->foreign, (unsigned long long)t->bytes,
	       (unsigned long long)rx.slots, (unsigned long long)rx.held,
	       (unsigned long long)rx.held_changed, flows_seen(&rx),
	       (unsigned long long)rx.disordered, last - first, cpu_seconds() - cpu);
	return t->bad || t->duplicates || rx.held_changed || rx.disordered ||
	       (o->strict && (t->ok != t->count || t->out_of_order));
}

/* ---- options ---- */

static void
read_options(struct options *o, int argc, char **argv)
{
	static const struct option words[] = { { "hold", required_argument, NULL, 'H' },
					       { "swap", no_argument, NULL, 'S' },
					       { "report", no_argument, NULL, 'R' },
					       { "strict", no_argument, NULL, 'X' },
					       { "flows", required_argument, NULL, 'F' },
					       { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, CHECK_OPTIONS "m:r:w:", words, NULL)) != -1) {
		switch (option) {
		case 'm':
			o->mode = optarg;
			break;
		case 'r':
			o->mem_id = (int)number(optarg, 0, UINT16_MAX);
			break;
		case 't':
			o->common.silence_ms = (int)number(optarg, 1, 3600000);
			break;
		case 'w':
			o->wait_ms = (int)number(optarg, 1, 3600000);
			break;
		case 'H':
			o->hold_s = (int)number(optarg, 1, 3600);
			break;
		case 'S':
			o->swap = 1;
			break;
		case 'R':
			o->report = 1;
			break;
		case 'X':
			o->strict = 1;
			break;
		case 'F':
			o->flows = (int)number(optarg, 1, FLOWS_MAX);
			break;
		default:
			if (check_option(&o->common, option, optarg) < 0)
				goto usage;
		}
	}
	if (o->common.port && optind == argc)
		return;
usage:
	fputs("usage: nmcheck -i port -f tx|rx [-n count] [-l size] [-b batch] [-m mode] [-r mem_id] "
	      "[-t ms] [-w ms] [--hold s] [--swap] [--report] [--strict] [--flows n]\n",
	      stderr);
	exit(2);
}

int
main(int argc, char **argv)
{
	struct options o = { .common = { CHECK_OPTIONS_DEFAULT }, .wait_ms = 10000, .mode = "all" };
	struct port port;
	int status;

	read_options(&o, argc, argv);
	check_start();
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_all_sent }, NULL);
	open_port(&port, &o);
	status = o.common.receive ? run_rx(&port, &o) : run_tx(&port, &o);
	give_extra_buffers(&port);
	return status;
}
