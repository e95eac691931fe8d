// SPDX-License-Identifier: MIT
/*
 * rtl_fuzz ROUNDS SEED: random register accesses, descriptors and frames on every family. Built with ASAN and UBSAN, so
 * that any access outside the model aborts; besides, every frame must stay accounted for.
 */
#include "rtl_test_bench.h"

#define RING_AREA	0x20000

static uint32_t state;

/* xorshift: the same sequence everywhere, unlike rand() */
static uint32_t dice(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* What a random walk would not find: rings in memory, transmitter and receiver on. */
static void start_rings(void)
{
	rtl_mmio_write(&nic, REG_CHIP_CMD, CMD_RX_ENABLE | CMD_TX_ENABLE, 1);
	rtl_mmio_write(&nic, REG_RX_CONFIG, 0xf, 4);
	rtl_mmio_write(&nic, REG_TX_RING, dice() & 0x1ff00, 4);
	rtl_mmio_write(&nic, REG_TX_RING + 4, 0, 4);
	rtl_mmio_write(&nic, REG_RX_RING, dice() & 0x1ff00, 4);
	rtl_mmio_write(&nic, REG_RX_RING + 4, 0, 4);
	rtl_mmio_write(&nic, REG_MISC, 0, 4);
}

static void random_frame(void)
{
	static uint8_t frame[RTL_MAX_FRAME + 200];
	uint32_t len = dice() % 8 ? dice() % 1900 : dice() % sizeof(frame);

	for (int i = 0; i < 64; i++)
		frame[i] = dice();
	switch (dice() % 4) {
	case 0:
		put_be16(frame + 12, 0x0800);
		frame[14] = 0x40 | dice() % 16;
		frame[23] = dice() % 2 ? 6 : 17;
		break;
	case 1:
		put_be16(frame + 12, 0x86dd);
		frame[20] = dice() % 2 ? 6 : 17;
		break;
	case 2:
		put_be16(frame + 12, 0x8100);
		break;
	}
	rtl_rx_frame(&nic, frame, len);
}

/* Mostly where the chip looks next, so that rings move. */
static uint32_t descriptor_place(void)
{
	uint64_t where = dice() % RING_AREA & ~15u;

	switch (dice() % 4) {
	case 0: where = rtl_reg_get64(&nic, REG_TX_RING) + DESC_SIZE * (nic.tx_index + dice() % 4); break;
	case 1: case 2: where = rtl_reg_get64(&nic, REG_RX_RING) + DESC_SIZE * (nic.rx_index + dice() % 4); break;
	}
	return where & (MEMORY_SIZE - 1) & ~15u;
}

static void random_descriptor(void)
{
	uint8_t *desc = memory + descriptor_place();

	put_le32(desc, DESC_OWN | dice());
	put_le32(desc + 4, dice());
	put_le32(desc + 8, dice() & (MEMORY_SIZE - 1));
	put_le32(desc + 12, dice() % 64 ? 0 : dice());
}

static void random_register(bool write)
{
	uint32_t size = 1u << dice() % 3, addr = dice() & 0xff & ~(size - 1);

	if (dice() % 16 == 0)
		addr = dice() & 0xffff & ~(size - 1);
	if (write)
		rtl_mmio_write(&nic, addr, dice(), size);
	else
		rtl_mmio_read(&nic, addr, size);
}

static void random_guard(void)
{
	uint32_t addr = dice() % 2 ? RTL_GUARD_COMMAND : dice() & 0x3c;

	if (addr == RTL_GUARD_COMMAND)
		rtl_guard_write(&nic, addr, dice() % 10);
	else if (addr == RTL_GUARD_FAULT)
		rtl_guard_write(&nic, addr, dice() % (RTL_FAULT_MAX + 2));
	else if (addr == RTL_GUARD_COUNT)
		rtl_guard_write(&nic, addr, dice() % 4);
	else if (addr == RTL_GUARD_RX_BUF_MAX)
		rtl_guard_write(&nic, addr, 1u << dice() % 14);
	else
		rtl_guard_write(&nic, addr, dice() & (MEMORY_SIZE - 1));
	rtl_guard_read(&nic, dice() & 0xffc);
}

static void step(bool fast)
{
	if (dice() % 32 == 0)
		start_rings();
	switch (dice() % 9) {
	case 0: random_register(false); break;
	case 1: case 2: random_frame(); break;
	case 3: case 4: random_descriptor(); break;
	case 5: rtl_mmio_write(&nic, fast ? REG_TX_POLL_8125 : REG_38, 0x41, 1); break;
	case 6: run_timers(); break;
	case 7: random_guard(); break;
	default: random_register(true); break;
	}
	/* a fault for ever, or the cable out, would end the fun */
	if (dice() % 64 == 0) {
		memset(nic.faults, 0, sizeof(nic.faults));
		rtl_phy_reset(&nic);
		rtl_set_cable(&nic, true);
		run_timers();
	}
}

int main(int argc, char **argv)
{
	static const char *const chips[] = { "8168evl", "8168h", "8125b" };
	long rounds = argc > 1 ? atol(argv[1]) : 100000;

	state = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	state += !state;
	for (int c = 0; c < 3; c++) {
		bench_start(chips[c]);
		for (long i = 0; i < rounds; i++) {
			step(c == 2);
			if (!accounted()) {
				fprintf(stderr, "%s: frames unaccounted for in round %ld\n", chips[c], i);
				return 1;
			}
		}
		printf("%s: tx %llu rx %llu irq %llu overruns %u\n", chips[c],
		       (unsigned long long)nic.stats[RTL_STAT_tx], (unsigned long long)nic.stats[RTL_STAT_rx],
		       (unsigned long long)nic.stats[RTL_STAT_irq], nic.guard.kinds[RTL_VIOLATION_overrun]);
		if (!nic.stats[RTL_STAT_tx] || !nic.stats[RTL_STAT_rx] || nic.guard.kinds[RTL_VIOLATION_overrun])
			return 1;
	}
	free(memory);
	return 0;
}
