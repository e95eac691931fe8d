/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receive loop of netmap_nic.h on a NIC that is made up: descriptors shorter than frames, a quarter of the frames bad,
 * at any moment. A program takes what comes, slowly, and exchanges buffers. Each good frame must arrive, whole, once and
 * in order; after each sync every buffer is in one place, and each descriptor of the NIC has the buffer of its slot.
 *
 *     receive FIRST LAST      seeds of the runs
 */
#include <stdio.h>

#include <netmap/netmap_nic.h>

#define DESCRIPTOR 64 /* bytes */
#define OFFSET_MAX 64
#define LONGEST 300
#define ROUNDS 400
#define FRAMES (ROUNDS * 12)
#define USER_BITS 0xabc00

struct descriptor {
	u64 addr;
	u32 len;
	bool own, done, end, bad;
};

struct frame {
	u8 data[LONGEST];
	u32 len;
};

static struct descriptor descriptors[SLOTS];
static struct frame sent[FRAMES];
static struct netmap_ring ring;
static struct net_device dev = { .mtu = 1500 };
static void *lut[BUFFERS];
static struct netmap_adapter na = { .ifp = &dev,
				    .na_lut = { .lut = lut, .objtotal = BUFFERS, .objsize = BUFSIZE } };
static struct netmap_kring kring;
static struct netmap_kring *krings[] = { &kring };

/* The NIC: a frame that it is putting into descriptors, and the next of these. */
static struct frame current;
static u32 position, next_descriptor, frames_sent;
static bool current_bad, busy;

static void must(bool good, const char *what, u32 seed)
{
	if (good)
		return;
	printf("seed %u: %s\n", seed, what);
	exit(1);
}

static u32 rx_take(struct netmap_kring *k, u32 nic_i, bool begun, u64 *paddr)
{
	struct descriptor *desc = &descriptors[nic_i];

	(void)k;
	if (!desc->done)
		return NM_RX_NONE;
	*paddr = desc->addr;
	if (desc->end && (desc->bad || (desc->len < ETH_FCS_LEN && !begun)))
		return NM_RX_BAD;
	return desc->len | (desc->end ? 0 : NM_RX_MORE);
}

static void rx_give(struct netmap_kring *k, u32 nic_i, u64 paddr, bool own)
{
	(void)k;
	descriptors[nic_i] = (struct descriptor){ .addr = paddr, .own = own };
}

static const struct nm_nic_ops ops = {
	.rx_fcs = true,
	.rx_take = rx_take,
	.rx_give = rx_give,
};

static void new_frame(void)
{
	current.len = 10 + rand() % (LONGEST - ETH_FCS_LEN - 10);
	for (u32 i = 0; i < current.len + ETH_FCS_LEN; i++)
		current.data[i] = rand();
	current_bad = rand() % 4 == 0;
	position = 0;
	busy = true;
}

/* Fills up to n descriptors. */
static void nic_receives(u32 n)
{
	while (n-- && frames_sent < FRAMES) {
		struct descriptor *desc = &descriptors[next_descriptor];

		if (!desc->own || desc->done)
			return;
		if (!busy)
			new_frame();
		desc->len = min_t(u32, current.len + ETH_FCS_LEN - position, DESCRIPTOR);
		memcpy((void *)(uintptr_t)desc->addr, current.data + position, desc->len);
		position += desc->len;
		desc->end = position == current.len + ETH_FCS_LEN;
		desc->bad = current_bad;
		desc->done = true;
		next_descriptor = (next_descriptor + 1) % SLOTS;
		if (!desc->end)
			continue;
		busy = false;
		if (!current_bad)
			sent[frames_sent++] = current;
	}
}

static struct frame got;
static u32 frames_got, spare;

/* The program: takes slots, not always all of them, and gives another buffer for some. */
static void program_takes(u32 seed)
{
	while (kring.rhead != kring.nr_hwtail && rand() % 8) {
		struct netmap_slot *slot = &ring.slot[kring.rhead];

		must(got.len + slot->len <= LONGEST, "a frame is too long", seed);
		memcpy(got.data + got.len, buffers[slot->buf_idx] + nm_get_offset(&kring, slot), slot->len);
		got.len += slot->len;
		must((slot->ptr & ~0xffULL) == USER_BITS, "the program's bits of ptr changed", seed);
		if (!(slot->flags & NS_MOREFRAG)) {
			must(frames_got < frames_sent, "a frame that was not sent", seed);
			must(got.len == sent[frames_got].len, "a frame of another length", seed);
			must(!memcmp(got.data, sent[frames_got].data, got.len), "another frame", seed);
			frames_got++;
			got.len = 0;
		}
		if (rand() % 5 == 0) {
			swap(slot->buf_idx, spare);
			slot->flags |= NS_BUF_CHANGED;
		}
		kring.rhead = nm_next(kring.rhead, SLOTS - 1);
	}
	kring.rcur = kring.rhead;
}

/* Slots from the tail up to the one before the current are the NIC's. */
static void check_ring(u32 seed)
{
	u32 i, stop = nm_prev(kring.nr_hwcur, SLOTS - 1);
	bool seen[BUFFERS] = { [0] = true };
	u64 paddr;

	for (i = 0; i < SLOTS; i++) {
		must(!seen[ring.slot[i].buf_idx], "a buffer is in two slots", seed);
		seen[ring.slot[i].buf_idx] = true;
	}
	must(!seen[spare], "the program's buffer is in a slot", seed);
	for (i = kring.nr_hwtail; i != stop; i = nm_next(i, SLOTS - 1)) {
		struct descriptor *desc = &descriptors[netmap_idx_k2n(&kring, i)];

		must(desc->own, "the NIC lacks a descriptor", seed);
		PNMB_O(&kring, &ring.slot[i], &paddr);
		must(desc->addr == paddr, "a descriptor has the buffer of another slot", seed);
	}
}

static void run(u32 seed)
{
	u32 i;

	srand(seed);
	frames_sent = frames_got = next_descriptor = got.len = 0;
	busy = false;
	na.rx_rings = krings;
	for (i = 0; i < BUFFERS; i++)
		lut[i] = buffers[i];
	kring = (struct netmap_kring){ .ring = &ring, .na = &na, .nkr_num_slots = SLOTS, .hwbuf_len = DESCRIPTOR,
				       .offset_mask = 0xff, .offset_max = OFFSET_MAX };
	kring.rhead = kring.nr_hwcur = kring.nr_hwtail = kring.nkr_hwofs = seed % SLOTS;
	for (i = 0; i < SLOTS; i++)
		ring.slot[i] = (struct netmap_slot){ .buf_idx = i + 1,
						     .ptr = USER_BITS | rand() % (OFFSET_MAX + 1) };
	spare = SLOTS + 1;
	nm_nic_rx_reset(&na, 0, &ops);
	for (i = 0; i < ROUNDS; i++) {
		nic_receives(rand() % 12);
		must(nm_nic_rxsync(&kring, 0, &ops) == 0, "the sync fails", seed);
		check_ring(seed);
		program_takes(seed);
	}
	must(frames_got > 100, "few frames arrive", seed);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	for (u32 seed = atoi(argv[1]); seed <= (u32)atoi(argv[2]); seed++)
		run(seed);
	return 0;
}
