/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netmap_user.h: what a program needs besides net/netmap.h to use a netmap port.
 *
 * Always available: macros and inlines to walk the shared memory.
 * With NETMAP_WITH_LIBS defined before inclusion: the old pcap-like calls (nm_open, nm_inject,
 * nm_dispatch, ...), all static, so that a program needs no library. New programs use libnetmap.
 *
 * Ring rules (the kernel looks at a ring only inside system calls):
 *   head  first slot owned by the program         (written by the program)
 *   cur   wake-up point, head <= cur <= tail      (written by the program)
 *   tail  first slot owned by the kernel          (written by the kernel)
 * TX: fill slots head..tail-1, advance head and cur, then sync. RX: slots head..tail-1 hold
 * packets; advance head to give them back. All comparisons are modulo num_slots.
 */
#ifndef _NET_NETMAP_USER_H_
#define _NET_NETMAP_USER_H_

#define NETMAP_DEVICE_NAME "/dev/netmap"

#include <stdint.h>
#include <ctype.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#include <net/netmap.h>

#define _NETMAP_OFFSET(type, ptr, offset) ((type)(void *)((char *)(ptr) + (offset)))

/* struct netmap_if * of a region mapped at base; ofs is nr_offset of the register request. */
#define NETMAP_IF(_base, _ofs) _NETMAP_OFFSET(struct netmap_if *, _base, _ofs)

/* Rings of a port by index; host rings follow the NIC rings of the same direction. */
#define NETMAP_TXRING(nifp, index) \
	_NETMAP_OFFSET(struct netmap_ring *, nifp, (nifp)->ring_ofs[index])
#define NETMAP_RXRING(nifp, index)                         \
	_NETMAP_OFFSET(struct netmap_ring *, nifp,         \
		       (nifp)->ring_ofs[(index) +          \
					(nifp)->ni_tx_rings + \
					(nifp)->ni_host_tx_rings])

/* Address of buffer number index, and back. */
#define NETMAP_BUF(ring, index) \
	((char *)(ring) + (ring)->buf_ofs + ((size_t)(index) * (ring)->nr_buf_size))
#define NETMAP_BUF_IDX(ring, buf) \
	(((char *)(buf) - ((char *)(ring) + (ring)->buf_ofs)) / (ring)->nr_buf_size)

/* Offset of the data inside its buffer: the bits of slot->ptr under ring->offset_mask. */
#define NETMAP_ROFFSET(ring, slot) ((slot)->ptr & (ring)->offset_mask)
#define NETMAP_WOFFSET(ring, slot, offset)                            \
	do {                                                          \
		(slot)->ptr = ((slot)->ptr & ~(ring)->offset_mask) |  \
			      ((offset) & (ring)->offset_mask);       \
	} while (0)
#define NETMAP_BUF_OFFSET(ring, slot) \
	(NETMAP_BUF(ring, (slot)->buf_idx) + NETMAP_ROFFSET(ring, slot))

/* The slot index after i. */
static inline uint32_t
nm_ring_next(struct netmap_ring *r, uint32_t i)
{
	return unlikely(i + 1 == r->num_slots) ? 0 : i + 1;
}

/* True while the kernel has not yet given back all slots passed to it for transmission. */
static inline int
nm_tx_pending(struct netmap_ring *r)
{
	return nm_ring_next(r, r->tail) != r->head;
}

/* Number of slots the program owns: room on a TX ring, packets' slots on an RX ring. */
static inline uint32_t
nm_ring_space(struct netmap_ring *ring)
{
	int space = (int)(ring->tail - ring->head);

	return space < 0 ? space + (int)ring->num_slots : space;
}

/*
 * Copy len bytes (source first). Short multiples of 64 go in fixed steps, which compilers turn
 * into a few vector moves; everything else is libc's.
 */
static inline void
nm_pkt_copy(const void *_src, void *_dst, int len)
{
	const char *src = (const char *)_src;
	char *dst = (char *)_dst;

	if (unlikely(len >= 1024 || len % 64)) {
		memcpy(dst, src, (size_t)len);
		return;
	}
	for (; len > 0; len -= 64, src += 64, dst += 64)
		memcpy(dst, src, 64);
}

/* Log lines "sss.uuuuuu function [line] message" on stderr; RD: at most lps a second per place. */
#ifndef ND
#define ND(_fmt, ...) \
	do {          \
	} while (0)
#define D(_fmt, ...)                                                             \
	do {                                                                     \
		struct timeval _t0;                                              \
		gettimeofday(&_t0, NULL);                                        \
		fprintf(stderr, "%03d.%06d %s [%d] " _fmt "\n",                  \
			(int)(_t0.tv_sec % 1000), (int)_t0.tv_usec, __FUNCTION__, \
			__LINE__, ##__VA_ARGS__);                                \
	} while (0)
#define RD(lps, format, ...)                              \
	do {                                              \
		static int _last_second, _logged;         \
		struct timeval _now;                      \
		gettimeofday(&_now, NULL);                \
		if (_last_second != (int)_now.tv_sec) {   \
			_last_second = (int)_now.tv_sec;  \
			_logged = 0;                      \
		}                                         \
		if (_logged++ < (lps))                    \
			D(format, ##__VA_ARGS__);         \
	} while (0)
#endif /* ND */

#ifdef NETMAP_WITH_LIBS

/*
 * The pcap-like calls. Deprecated in favour of libnetmap, kept for the programs that use them.
 * None of them syncs: poll(), select() or ioctl() on NETMAP_FD(d) do.
 */
#define HAVE_NETMAP_WITH_LIBS

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct nm_desc;

struct nm_pkthdr {
	struct timeval ts;	  /* of the ring's last sync */
	uint32_t caplen;	  /* bytes that are contiguous at buf */
	uint32_t len;		  /* bytes of the packet */
	uint64_t flags;		  /* NM_MORE_PKTS */
#define NM_MORE_PKTS 1
	struct nm_desc *d;
	struct netmap_slot *slot; /* the packet's first slot */
	uint8_t *buf;
};

struct nm_stat {
	u_int ps_recv;
	u_int ps_drop;
	u_int ps_ifdrop;
};

#define NM_ERRBUF_SIZE 512

struct nm_desc {
	struct nm_desc *self; /* points to itself: marks a netmap descriptor */
	int fd;
	void *mem;
	size_t memsize;
	int done_mmap; /* this descriptor made the mapping and will undo it */
	struct netmap_if *const nifp;
	uint16_t first_tx_ring, last_tx_ring, cur_tx_ring;
	uint16_t first_rx_ring, last_rx_ring, cur_rx_ring;
	struct nmreq req;
	struct nm_pkthdr hdr;

	/* Bounds of the buffer area, to tell netmap buffers from other memory. */
	struct netmap_ring *const some_ring;
	void *const buf_start;
	void *const buf_end;

	/* For programs that emulate pcap; not used here. */
	int snaplen;
	int promisc;
	int to_ms;
	char *errbuf;
	uint32_t if_flags;
	uint32_t if_reqcap;
	uint32_t if_curcap;
	struct nm_stat st;
	char msg[NM_ERRBUF_SIZE];
};

#define P2NMD(p) ((struct nm_desc *)(p))
#define IS_NETMAP_DESC(d) ((d) && P2NMD(d)->self == P2NMD(d))
#define NETMAP_FD(d) (P2NMD(d)->fd)

/* Flags of nm_open(); the low 16 bits are NETMAP_NO_TX_POLL and NETMAP_DO_RX_POLL. */
enum {
	NM_OPEN_NO_MMAP = 0x040000, /* leave the mapping to the caller */
	NM_OPEN_IFNAME = 0x080000,  /* name, ring id and flags come from the parent */
	NM_OPEN_ARG1 = 0x100000,
	NM_OPEN_ARG2 = 0x200000, /* memory id comes from the parent */
	NM_OPEN_ARG3 = 0x400000, /* extra buffers come from the parent */
	NM_OPEN_RING_CFG = 0x800000,
};

typedef void (*nm_cb_t)(u_char *, const struct nm_pkthdr *, const u_char *d);

static int nm_close(struct nm_desc *);

#define NM_PARSE_ERRLEN 80

/* True when start..end-1 holds letters, digits and underscores only. */
static int
nm_is_identifier(const char *start, const char *end)
{
	for (; start < end; start++)
		if (!isalnum((unsigned char)*start) && *start != '_')
			return 0;
	return 1;
}

/* Reads a decimal number below limit at *p and moves *p behind it; -1 when there is none. */
static long
nm_parse_number(const char **p, long limit)
{
	char *end;
	long value;

	if (!isdigit((unsigned char)**p))
		return -1;
	errno = 0;
	value = strtol(*p, &end, 10);
	if (errno || value >= limit)
		return -1;
	*p = end;
	return value;
}

/* The optional mode behind the name: ring selection or pipe. Returns NULL or what is wrong. */
static const char *
nm_parse_mode(const char **p, uint32_t *flags, uint16_t *ringid)
{
	char mode = **p;
	long number;

	*flags = NR_REG_ALL_NIC;
	if (mode == '\0' || mode == '/' || mode == '@')
		return NULL;
	(*p)++;
	if (mode == '^') {
		*flags = NR_REG_SW;
		return NULL;
	}
	if (mode == '*') {
		*flags = NR_REG_NIC_SW;
		return NULL;
	}
	number = nm_parse_number(p, NETMAP_RING_MASK);
	if (number < 0)
		return mode == '-' ? "invalid ring number" : "invalid pipe number";
	*ringid = (uint16_t)number;
	*flags = mode == '-'   ? NR_REG_ONE_NIC
		 : mode == '{' ? NR_REG_PIPE_MASTER
			       : NR_REG_PIPE_SLAVE;
	return NULL;
}

/* The letters behind '/'. */
static const char *
nm_parse_flags(const char **p, uint32_t *flags)
{
	static const struct {
		char letter;
		uint32_t flag;
	} letters[] = {
		{ 'x', NR_EXCLUSIVE },	{ 'z', NR_ZCOPY_MON },	   { 't', NR_MONITOR_TX },
		{ 'r', NR_MONITOR_RX }, { 'R', NR_RX_RINGS_ONLY }, { 'T', NR_TX_RINGS_ONLY },
	};
	size_t i;

	for (; **p && **p != '@'; (*p)++) {
		for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
			if (letters[i].letter == **p)
				break;
		if (i == sizeof(letters) / sizeof(letters[0]))
			return "unrecognized flag";
		*flags |= letters[i].flag;
	}
	return NULL;
}

/* The name up to the first separator goes to d->req.nr_name; *p moves behind it. */
static const char *
nm_parse_name(const char **p, struct nm_desc *d)
{
	const char *name = *p, *port, *end;
	size_t len;

	if (!strncmp(name, "netmap:", 7)) {
		name += 7;
		end = name + strcspn(name, "-*^{}/@");
	} else {
		port = strchr(name, ':');
		if (port == NULL || !nm_is_identifier(name + 4, port))
			return "invalid VALE bridge name";
		port++;
		end = port + strcspn(port, "-*^{}/@");
		if (!nm_is_identifier(port, end))
			return "invalid VALE port name";
	}
	len = (size_t)(end - name);
	if (len >= sizeof(d->req.nr_name))
		return "name too long";
	memcpy(d->req.nr_name, name, len);
	d->req.nr_name[len] = '\0';
	*p = end;
	return NULL;
}

/*
 * Reads a port name into d->req: name, ring id, flags, memory id. Pipe ids are numbers here.
 * Returns 0, or -1 with errno EINVAL and a message of at most NM_PARSE_ERRLEN bytes in err.
 */
static int
nm_parse(const char *ifname, struct nm_desc *d, char *err)
{
	const char *p = ifname, *wrong;
	uint32_t flags = 0;
	uint16_t ringid = 0;
	long memid = 0;

	wrong = nm_parse_name(&p, d);
	if (!wrong)
		wrong = nm_parse_mode(&p, &flags, &ringid);
	if (!wrong && *p == '/') {
		p++;
		wrong = nm_parse_flags(&p, &flags);
	}
	if (!wrong && *p == '@') {
		p++;
		memid = nm_parse_number(&p, UINT16_MAX + 1L);
		if (memid <= 0)
			wrong = "invalid memory id";
	}
	if (!wrong && *p)
		wrong = "unexpected characters at the end of the name";
	if (wrong) {
		snprintf(err, NM_PARSE_ERRLEN, "%s", wrong);
		errno = EINVAL;
		return -1;
	}
	d->req.nr_flags |= flags;
	d->req.nr_ringid |= ringid;
	d->req.nr_arg2 = (uint16_t)memid;
	return 0;
}

/* Takes over from the parent what the flags ask for. */
static void
nm_import(struct nm_desc *d, const struct nm_desc *parent, uint64_t flags)
{
	if (flags & NM_OPEN_ARG1)
		D("overriding ARG1 %d", parent->req.nr_arg1);
	d->req.nr_arg1 = flags & NM_OPEN_ARG1 ? parent->req.nr_arg1 : 4;
	if (flags & NM_OPEN_ARG2) {
		D("overriding ARG2 %d", parent->req.nr_arg2);
		d->req.nr_arg2 = parent->req.nr_arg2;
	}
	if (flags & NM_OPEN_ARG3)
		D("overriding ARG3 %d", (int)parent->req.nr_arg3);
	d->req.nr_arg3 = flags & NM_OPEN_ARG3 ? parent->req.nr_arg3 : 0;
	if (flags & NM_OPEN_RING_CFG) {
		D("overriding RING_CFG");
		d->req.nr_tx_slots = parent->req.nr_tx_slots;
		d->req.nr_rx_slots = parent->req.nr_rx_slots;
		d->req.nr_tx_rings = parent->req.nr_tx_rings;
		d->req.nr_rx_rings = parent->req.nr_rx_rings;
	}
	if (flags & NM_OPEN_IFNAME) {
		D("overriding ifname %s ringid 0x%x flags 0x%x", parent->req.nr_name,
		  parent->req.nr_ringid, (unsigned int)parent->req.nr_flags);
		memcpy(d->req.nr_name, parent->req.nr_name, sizeof(d->req.nr_name));
		d->req.nr_ringid = parent->req.nr_ringid;
		d->req.nr_flags = parent->req.nr_flags;
	}
}

/* Which rings the mode of a registered port gives; -1 for an unknown mode. */
static int
nm_set_rings(struct nm_desc *d)
{
	uint16_t tx = d->req.nr_tx_rings, rx = d->req.nr_rx_rings;
	uint16_t id = d->req.nr_ringid & NETMAP_RING_MASK;

	switch (d->req.nr_flags & NR_REG_MASK) {
	case NR_REG_SW:
		d->first_tx_ring = d->last_tx_ring = tx;
		d->first_rx_ring = d->last_rx_ring = rx;
		break;
	case NR_REG_ALL_NIC:
		d->first_tx_ring = d->first_rx_ring = 0;
		d->last_tx_ring = (uint16_t)(tx - 1);
		d->last_rx_ring = (uint16_t)(rx - 1);
		break;
	case NR_REG_NIC_SW:
		d->first_tx_ring = d->first_rx_ring = 0;
		d->last_tx_ring = tx;
		d->last_rx_ring = rx;
		break;
	case NR_REG_ONE_NIC:
		d->first_tx_ring = d->last_tx_ring = id;
		d->first_rx_ring = d->last_rx_ring = id;
		break;
	case NR_REG_PIPE_MASTER:
	case NR_REG_PIPE_SLAVE:
		d->first_tx_ring = d->last_tx_ring = 0;
		d->first_rx_ring = d->last_rx_ring = 0;
		break;
	default:
		return -1;
	}
	d->cur_tx_ring = d->first_tx_ring;
	d->cur_rx_ring = d->first_rx_ring;
	return 0;
}

/* Stores through a member that is const for the program. */
static void
nm_set_pointer(void *const *member, void *value)
{
	memcpy((void *)(uintptr_t)member, &value, sizeof(value));
}

/*
 * Maps the region of an open descriptor, or takes the parent's mapping when both are in the same
 * region. Returns 0 (also when already mapped), or EINVAL.
 */
static int
nm_mmap(struct nm_desc *d, const struct nm_desc *parent)
{
	struct netmap_if *nifp;
	struct netmap_ring *ring;

	if (d->done_mmap)
		return 0;
	if (IS_NETMAP_DESC(parent) && parent->mem && parent->req.nr_arg2 == d->req.nr_arg2) {
		D("do not mmap, inherit from parent");
		d->memsize = parent->memsize;
		d->mem = parent->mem;
	} else {
		void *mem;

		d->memsize = d->req.nr_memsize;
		mem = mmap(NULL, d->memsize, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
		if (mem == MAP_FAILED)
			return EINVAL;
		d->mem = mem;
		d->done_mmap = 1;
	}
	nifp = NETMAP_IF(d->mem, d->req.nr_offset);
	ring = nifp->ring_ofs[d->first_rx_ring + nifp->ni_tx_rings + nifp->ni_host_tx_rings] ?
		       NETMAP_RXRING(nifp, d->first_rx_ring) :
		       NETMAP_TXRING(nifp, d->first_tx_ring);
	nm_set_pointer((void *const *)&d->nifp, nifp);
	nm_set_pointer((void *const *)&d->some_ring, ring);
	nm_set_pointer(&d->buf_start, NETMAP_BUF(ring, 0));
	nm_set_pointer(&d->buf_end, (char *)d->mem + d->memsize);
	return 0;
}

/* The steps of nm_open() on an allocated descriptor; NULL or the message of what failed. */
static const char *
nm_open_steps(struct nm_desc *d, const char *ifname, const struct nmreq *req, uint64_t flags,
	      const struct nm_desc *parent)
{
	d->fd = open(NETMAP_DEVICE_NAME, O_RDWR);
	if (d->fd < 0)
		return "cannot open /dev/netmap";
	if (req)
		d->req = *req;
	if (!(flags & NM_OPEN_IFNAME) && nm_parse(ifname, d, d->msg) < 0)
		return d->msg;
	d->req.nr_version = NETMAP_API;
	d->req.nr_ringid &= NETMAP_RING_MASK;
	if (IS_NETMAP_DESC(parent) && flags)
		nm_import(d, parent, flags);
	d->req.nr_ringid |= (uint16_t)(flags & (NETMAP_NO_TX_POLL | NETMAP_DO_RX_POLL));
	if (ioctl(d->fd, NIOCREGIF, &d->req))
		return "NIOCREGIF failed";
	if (nm_set_rings(d) < 0) {
		errno = EINVAL;
		return "unknown mode in the register flags";
	}
	if ((!(flags & NM_OPEN_NO_MMAP) || parent) && nm_mmap(d, parent)) {
		errno = errno ? errno : EINVAL;
		return "mmap failed";
	}
	return NULL;
}

/*
 * Opens a port ("netmap:..." or "vale..."). req: defaults for the request, or NULL. arg: a parent
 * descriptor whose settings (see NM_OPEN_*) and mapping are taken, or NULL.
 * Returns NULL with errno 0 when the name is not netmap's, NULL with errno set on other failures.
 */
static struct nm_desc *
nm_open(const char *ifname, const struct nmreq *req, uint64_t flags, const struct nm_desc *arg)
{
	const char *failed;
	struct nm_desc *d;

	if (strncmp(ifname, "netmap:", 7) && strncmp(ifname, NM_BDG_NAME, strlen(NM_BDG_NAME))) {
		errno = 0;
		return NULL;
	}
	d = (struct nm_desc *)calloc(1, sizeof(*d));
	if (d == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	d->self = d;
	d->fd = -1;
	errno = 0;
	failed = nm_open_steps(d, ifname, req, flags, arg);
	if (failed) {
		int error = errno ? errno : EINVAL;

		D("%s: %s %s", failed, strerror(error), ifname);
		nm_close(d);
		errno = error;
		return NULL;
	}
	return d;
}

/* Undoes nm_open(). Children that share this mapping must be closed first. 0 or EINVAL. */
static int
nm_close(struct nm_desc *d)
{
	if (!IS_NETMAP_DESC(d))
		return EINVAL;
	if (d->done_mmap && d->mem)
		munmap(d->mem, d->memsize);
	if (d->fd != -1)
		close(d->fd);
	memset((void *)d, 0, sizeof(*d));
	free(d);
	return 0;
}

/* Room of the free slots of a TX ring, counted until it reaches size; *slots = slots counted. */
static size_t
nm_inject_room(struct netmap_ring *ring, size_t size, uint32_t *slots)
{
	uint32_t i = ring->head;
	size_t room = 0;

	*slots = 0;
	do {
		if (i == ring->tail)
			break;
		room += ring->nr_buf_size - NETMAP_ROFFSET(ring, &ring->slot[i]);
		i = nm_ring_next(ring, i);
		(*slots)++;
	} while (room < size);
	return room;
}

/*
 * Copies a packet to the next TX ring with room, over several slots when it does not fit in one.
 * Returns size, or 0 when no ring has room.
 */
static int
nm_inject(struct nm_desc *d, const void *buf, size_t size)
{
	unsigned int tried, ri = d->cur_tx_ring, rings = d->last_tx_ring - d->first_tx_ring + 1u;
	const char *data = (const char *)buf;

	for (tried = 0; tried < rings; tried++, ri++) {
		struct netmap_ring *ring;
		size_t left = size;
		uint32_t i, slots;

		if (ri > d->last_tx_ring)
			ri = d->first_tx_ring;
		ring = NETMAP_TXRING(d->nifp, ri);
		if (nm_inject_room(ring, size, &slots) < size || slots == 0)
			continue;
		for (i = ring->head; slots > 0; slots--, i = nm_ring_next(ring, i)) {
			struct netmap_slot *slot = &ring->slot[i];
			size_t chunk = ring->nr_buf_size - NETMAP_ROFFSET(ring, slot);

			chunk = left < chunk ? left : chunk;
			if (chunk)
				nm_pkt_copy(data + (size - left), NETMAP_BUF_OFFSET(ring, slot),
					    (int)chunk);
			left -= chunk;
			slot->len = (uint16_t)chunk;
			slot->flags = slots > 1 ? NS_MOREFRAG : 0;
		}
		ring->head = ring->cur = i;
		d->cur_tx_ring = (uint16_t)ri;
		return (int)size;
	}
	return 0;
}

/* Fills d->hdr with the packet at the head of a non-empty ring, fragments included; releases it. */
static void
nm_take_packet(struct nm_desc *d, struct netmap_ring *ring)
{
	uint32_t i = ring->head;
	struct netmap_slot *slot = &ring->slot[i];
	char *end = NETMAP_BUF_OFFSET(ring, slot) + slot->len;
	int adjacent = 1;

	d->hdr.ts = ring->ts;
	d->hdr.slot = slot;
	d->hdr.buf = (uint8_t *)NETMAP_BUF_OFFSET(ring, slot);
	d->hdr.len = d->hdr.caplen = slot->len;
	while (slot->flags & NS_MOREFRAG) {
		char *start;

		i = nm_ring_next(ring, i);
		if (i == ring->tail) { /* the rest is not there: give what arrived */
			ring->head = ring->cur = i;
			return;
		}
		slot = &ring->slot[i];
		start = NETMAP_BUF_OFFSET(ring, slot);
		adjacent = adjacent && start == end;
		if (adjacent)
			d->hdr.caplen += slot->len;
		d->hdr.len += slot->len;
		end = start + slot->len;
	}
	ring->head = ring->cur = nm_ring_next(ring, i);
}

/*
 * Calls cb for up to cnt received packets (0 or -1: all), from cur_rx_ring on. NM_MORE_PKTS is set
 * in the header's flags for all but the last. Returns the number of packets.
 */
static int
nm_dispatch(struct nm_desc *d, int cnt, nm_cb_t cb, u_char *arg)
{
	unsigned int seen, ri = d->cur_rx_ring, rings = d->last_rx_ring - d->first_rx_ring + 1u;
	int got = 0;

	d->hdr.buf = NULL;
	d->hdr.flags = NM_MORE_PKTS;
	d->hdr.d = d;
	if (cnt == 0)
		cnt = -1;
	for (seen = 0; seen < rings && cnt != got; seen++, ri++) {
		struct netmap_ring *ring;

		if (ri > d->last_rx_ring)
			ri = d->first_rx_ring;
		ring = NETMAP_RXRING(d->nifp, ri);
		for (; !nm_ring_empty(ring) && cnt != got; got++) {
			if (d->hdr.buf)
				cb(arg, &d->hdr, d->hdr.buf);
			nm_take_packet(d, ring);
		}
		d->cur_rx_ring = (uint16_t)ri;
	}
	if (d->hdr.buf) {
		d->hdr.flags = 0;
		cb(arg, &d->hdr, d->hdr.buf);
	}
	return got;
}

/*
 * The next received slot's data, or NULL. The slot is released at once: the data stays valid until
 * the next sync only. Fragments are returned one by one.
 */
static u_char *
nm_nextpkt(struct nm_desc *d, struct nm_pkthdr *hdr)
{
	unsigned int seen, ri = d->cur_rx_ring, rings = d->last_rx_ring - d->first_rx_ring + 1u;

	for (seen = 0; seen < rings; seen++) {
		struct netmap_ring *ring = NETMAP_RXRING(d->nifp, ri);

		if (!nm_ring_empty(ring)) {
			struct netmap_slot *slot = &ring->slot[ring->head];

			hdr->ts = ring->ts;
			hdr->len = hdr->caplen = slot->len;
			hdr->slot = slot;
			hdr->d = d;
			hdr->flags = 0;
			hdr->buf = (uint8_t *)NETMAP_BUF_OFFSET(ring, slot);
			ring->head = ring->cur = nm_ring_next(ring, ring->head);
			d->cur_rx_ring = (uint16_t)ri;
			return hdr->buf;
		}
		ri = ri >= d->last_rx_ring ? d->first_rx_ring : ri + 1;
	}
	return NULL;
}

/* A program rarely uses all of these. */
__attribute__((unused)) static void
nm_mark_used(void)
{
	(void)nm_open;
	(void)nm_close;
	(void)nm_mmap;
	(void)nm_inject;
	(void)nm_dispatch;
	(void)nm_nextpkt;
}

#endif /* NETMAP_WITH_LIBS */

#endif /* _NET_NETMAP_USER_H_ */
