// SPDX-License-Identifier: MIT
/* Unit test of the model: prints KTAP, exits 1 when a check failed. */
#include "rtl_checksum.h"
#include "rtl_test_bench.h"

#define TX_RING		0x2000
#define RX_RING		0x1000
#define RX_ENTRIES	4
#define BUFFERS		0x10000
#define BUFFER_SIZE	0x1000

static int failures, results;

static void check(bool ok, const char *name, int line)
{
	results++;
	failures += !ok;
	printf("%s %d - %s (line %d)\n", ok ? "ok" : "not ok", results, name, line);
}

#define CHECK(condition) check(condition, #condition, __LINE__)

static uint32_t load(uint32_t addr)
{
	return get_le32(memory + addr);
}

static void describe(uint32_t ring, uint32_t index, uint32_t opts1, uint32_t opts2, uint32_t buf)
{
	put_le32(memory + ring + 16 * index, opts1);
	put_le32(memory + ring + 16 * index + 4, opts2);
	put_le32(memory + ring + 16 * index + 8, buf);
	put_le32(memory + ring + 16 * index + 12, 0);
}

/* Gives all receive descriptors to the NIC. */
static void refill(uint32_t len)
{
	for (uint32_t i = 0; i < RX_ENTRIES; i++)
		describe(RX_RING, i, DESC_OWN | (i == RX_ENTRIES - 1 ? DESC_RING_END : 0) | len, 0,
			 BUFFERS + BUFFER_SIZE * i);
}

static void start_driver(const char *chip)
{
	bench_start(chip);
	rtl_mmio_write(&nic, REG_CHIP_CMD, CMD_RX_ENABLE | CMD_TX_ENABLE, 1);
	rtl_mmio_write(&nic, REG_RX_CONFIG, RXCFG_MY_ADDRESS | RXCFG_BROADCAST, 4);
	rtl_mmio_write(&nic, REG_RX_RING, RX_RING, 4);
	rtl_mmio_write(&nic, REG_TX_RING, TX_RING, 4);
	refill(512);
}

static void make_frame(uint8_t *frame, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		frame[i] = i * 7 + 1;
	memcpy(frame, test_mac, 6);
	put_be16(frame + 12, 0x88b5);
}

static void test_registers(void)
{
	start_driver("8168h");
	CHECK(nic.link);
	CHECK((rtl_mmio_read(&nic, REG_TX_CONFIG, 4) >> 20 & 0xfcf) == 0x541);
	CHECK(rtl_mmio_read(&nic, 0x3e, 2) & INT_LINK);
	rtl_mmio_write(&nic, 0x3e, INT_LINK, 2);
	CHECK(!(rtl_mmio_read(&nic, 0x3e, 2) & INT_LINK));
	/* the MAC address is locked until Cfg9346 opens it */
	rtl_mmio_write(&nic, REG_MAC0, 0xffffffff, 4);
	CHECK(rtl_mmio_read(&nic, REG_MAC0, 4) == 2);
	rtl_mmio_write(&nic, REG_CFG9346, 0xc0, 1);
	rtl_mmio_write(&nic, REG_MAC0, 0x11223344, 4);
	CHECK(rtl_mmio_read(&nic, REG_MAC0, 4) == 0x11223344);
	nic.faults[RTL_FAULT_dead] = 1;
	CHECK(rtl_mmio_read(&nic, REG_MAC0, 2) == 0xffff);
	start_driver("8125b");
	rtl_mmio_write(&nic, REG_38, INT_LINK, 4);
	CHECK(irq_line == 1);
	rtl_mmio_write(&nic, REG_3C, INT_LINK, 4);
	CHECK(irq_line == 0);
	CHECK(rtl_phy_speed(&nic) == 2500);
}

static void test_receive_parts(void)
{
	uint8_t frame[1500];

	start_driver("8168h");
	make_frame(frame, sizeof(frame));
	rtl_mmio_write(&nic, REG_3C, 0x2f, 2);
	rtl_mmio_write(&nic, 0x3e, 0xffff, 2);
	irq_count = 0;
	for (int round = 0; round < 3; round++) {
		uint32_t first = nic.rx_index, last = (first + 2) % RX_ENTRIES;

		refill(512);
		rtl_rx_frame(&nic, frame, sizeof(frame));
		CHECK((load(RX_RING + 16 * first) & ~DESC_RING_END) == (DESC_FIRST | RX_UNICAST | 512));
		CHECK((load(RX_RING + 16 * last) & ~DESC_RING_END) == (DESC_LAST | RX_UNICAST | 1504));
		CHECK(!memcmp(memory + BUFFERS + BUFFER_SIZE * first, frame, 512));
		CHECK(irq_count == round + 1);
		rtl_mmio_write(&nic, 0x3e, 0xffff, 2);
		CHECK(!irq_line);
	}
	CHECK(nic.rx_index == 1);
	CHECK(nic.stats[RTL_STAT_rx_desc] == 9);
	CHECK(accounted());
}

static void test_fifo(void)
{
	uint8_t frame[100];

	start_driver("8168h");
	make_frame(frame, sizeof(frame));
	for (uint32_t i = 0; i < RX_ENTRIES; i++)
		put_le32(memory + RX_RING + 16 * i, i == RX_ENTRIES - 1 ? DESC_RING_END : 0);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(nic.fifo_frames == 2);
	CHECK(nic.isr & INT_RX_OVERFLOW);
	CHECK(accounted());
	refill(512);
	run_timers();
	CHECK(nic.fifo_frames == 0 && nic.stats[RTL_STAT_rx] == 2);
	/* frames kept while the link is down come when it is back */
	for (uint32_t i = 0; i < RX_ENTRIES; i++)
		put_le32(memory + RX_RING + 16 * i, i == RX_ENTRIES - 1 ? DESC_RING_END : 0);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	rtl_set_cable(&nic, false);
	refill(512);
	run_timers();
	CHECK(nic.fifo_frames == 1);
	rtl_set_cable(&nic, true);
	run_timers();
	run_timers();
	CHECK(nic.fifo_frames == 0 && nic.stats[RTL_STAT_rx] == 3);
	/* full: 64 KiB of two plus a hundred bytes each */
	for (uint32_t i = 0; i < RX_ENTRIES; i++)
		put_le32(memory + RX_RING + 16 * i, i == RX_ENTRIES - 1 ? DESC_RING_END : 0);
	for (int i = 0; i < 700; i++)
		rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(nic.fifo_frames == 65536 / 102);
	CHECK(nic.stats[RTL_STAT_rx_drop_fifo] == 700 - 65536 / 102);
	CHECK(accounted());
	CHECK(!rtl_fifo_pauses(&nic));
	nic.pause = true;
	CHECK(rtl_fifo_pauses(&nic));
	nic.pause = false;
	rtl_mmio_write(&nic, REG_CHIP_CMD, CMD_RESET, 1);
	CHECK(nic.stats[RTL_STAT_rx_drop_reset] == 65536 / 102);
	CHECK(accounted());
}

static void empty_ring(void)
{
	for (uint32_t i = 0; i < RX_ENTRIES; i++)
		put_le32(memory + RX_RING + 16 * i, i == RX_ENTRIES - 1 ? DESC_RING_END : 0);
}

/* Frames that wait are looked after when another one comes, and when the link is back; their order stays. */
static void test_fifo_wakes(void)
{
	uint8_t frame[100];

	start_driver("8168h");
	make_frame(frame, sizeof(frame));
	empty_ring();
	for (frame[20] = 1; frame[20] <= 2; frame[20]++)
		rtl_rx_frame(&nic, frame, sizeof(frame));
	memset(timer_due, 0, sizeof(timer_due));
	refill(512);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(nic.fifo_frames == 0 && nic.stats[RTL_STAT_rx] == 3);
	for (uint32_t i = 0; i < 3; i++)
		CHECK(memory[BUFFERS + BUFFER_SIZE * i + 20] == i + 1);
	/* one timer at a time: frames that keep coming do not put it off */
	start_driver("8168h");
	empty_ring();
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(timer_due[RTL_TIMER_RX]);
	timer_due[RTL_TIMER_RX] = false;
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(!timer_due[RTL_TIMER_RX]);
	/* the timer runs out while the link is down: the frames wait for the link */
	rtl_set_cable(&nic, false);
	rtl_nic_timer(&nic, RTL_TIMER_RX);
	CHECK(nic.fifo_frames == 2 && !timer_due[RTL_TIMER_RX]);
	refill(512);
	rtl_set_cable(&nic, true);
	run_timers();
	run_timers();
	CHECK(nic.link && nic.fifo_frames == 0 && nic.stats[RTL_STAT_rx] == 2);
	CHECK(accounted());
}

static void test_filter_and_faults(void)
{
	uint8_t frame[60];

	start_driver("8125b");
	make_frame(frame, sizeof(frame));
	frame[5] = 9;
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(nic.stats[RTL_STAT_rx_drop_filter] == 1);
	memset(frame, 0xff, 6);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(nic.stats[RTL_STAT_rx] == 1);
	CHECK(load(RX_RING) & RX_BROADCAST);
	CHECK(!rtl_fault_set(&nic, rtl_fault_find("rx_crc"), 1));
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK((load(RX_RING + 16) & (RX_RES | RX_CRC)) == (RX_RES | RX_CRC));
	CHECK(nic.stats[RTL_STAT_rx_bad] == 1);
	rtl_fault_set(&nic, RTL_FAULT_rx_nols, 1);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(!(load(RX_RING + 32) & DESC_LAST));
	rtl_fault_set(&nic, RTL_FAULT_rx_drop, 1);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(nic.stats[RTL_STAT_rx_drop_fault] == 1);
	rtl_mmio_write(&nic, REG_CHIP_CMD, 0, 1);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(nic.stats[RTL_STAT_rx_drop_off] == 1);
	CHECK(rtl_fault_find("nonsense") == -1 && rtl_fault_set(&nic, RTL_FAULT_MAX, 1) == -1);
	CHECK(accounted());
}

static void test_transmit(void)
{
	start_driver("8168h");
	describe(TX_RING, 0, DESC_OWN | DESC_FIRST | 10, 0, BUFFERS);
	describe(TX_RING, 1, DESC_OWN | DESC_LAST | DESC_RING_END | 20, 0, BUFFERS + BUFFER_SIZE);
	memset(memory + BUFFERS, 0x11, 10);
	memset(memory + BUFFERS + BUFFER_SIZE, 0x22, 20);
	rtl_mmio_write(&nic, REG_38, 0x40, 1);
	run_timers();
	CHECK(wire_count == 1 && wire_len == 60);
	CHECK(wire_frame[9] == 0x11 && wire_frame[10] == 0x22 && wire_frame[30] == 0);
	CHECK(!(load(TX_RING) & DESC_OWN) && !(load(TX_RING + 16) & DESC_OWN));
	CHECK(nic.tx_index == 0 && nic.stats[RTL_STAT_tx_desc] == 2);
	/* a stall swallows one doorbell; the next one sends */
	rtl_fault_set(&nic, RTL_FAULT_tx_stall, 1);
	describe(TX_RING, 0, DESC_OWN | DESC_FIRST | DESC_LAST | DESC_RING_END | 64, 0, BUFFERS);
	rtl_mmio_write(&nic, REG_38, 0x40, 1);
	run_timers();
	CHECK(wire_count == 1);
	rtl_mmio_write(&nic, REG_38, 0x40, 1);
	run_timers();
	CHECK(wire_count == 2 && wire_len == 64);
	rtl_set_cable(&nic, false);
	describe(TX_RING, 0, DESC_OWN | DESC_FIRST | DESC_LAST | DESC_RING_END | 64, 0, BUFFERS);
	rtl_mmio_write(&nic, REG_38, 0x40, 1);
	run_timers();
	CHECK(wire_count == 2 && nic.stats[RTL_STAT_tx_no_link] == 1);
}

/* 1000 bytes of TCP over IPv4 with an MSS of 400: three segments, each with right sums. */
static void test_segmentation(void)
{
	uint8_t *frame;

	start_driver("8168h");
	frame = memory + BUFFERS;
	put_be16(frame + 12, 0x0800);
	frame[14] = 0x45;
	frame[14 + 9] = PROTO_TCP;
	frame[34 + 12] = 5 << 4;
	frame[34 + 13] = 0x18;		/* PSH and ACK: PSH on the last segment only */
	describe(TX_RING, 0, DESC_OWN | DESC_FIRST | DESC_LAST | DESC_RING_END | TX_GIANT_V4 | 34u << 18 | 1054,
		 400u << 18, BUFFERS);
	rtl_mmio_write(&nic, REG_38, 0x40, 1);
	run_timers();
	CHECK(wire_count == 3 && wire_len == 54 + 200);
	CHECK(rtl_sum_fold(rtl_sum(wire_frame + 14, 20, 0)) == 0);
	CHECK(rtl_sum_transport(wire_frame + 14, PROTO_TCP, wire_frame + 34, 220) == 0);
	CHECK(get_be32(wire_frame + 38) == 800 && wire_frame[47] == 0x18);
	/* a header that points outside the frame is refused */
	describe(TX_RING, 0, DESC_OWN | DESC_FIRST | DESC_LAST | DESC_RING_END | TX_GIANT_V4 | 120u << 18 | 60,
		 400u << 18, BUFFERS);
	rtl_mmio_write(&nic, REG_38, 0x40, 1);
	run_timers();
	CHECK(wire_count == 3 && nic.stats[RTL_STAT_tx_bad] == 1);
}

static void test_checksums(void)
{
	static const uint8_t text[] = "123456789";	/* the usual check value of CRC-32 */
	static const uint8_t all_hosts[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 };

	CHECK(rtl_frame_check(text, 9) == 0xcbf43926);
	CHECK(rtl_frame_check(text, 0) == 0);
	CHECK(rtl_sum(text, 3, 0) == 0x3132 + 0x3300);
	CHECK(rtl_multicast_hash(all_hosts) < 64);
}

static uint32_t guard_command(uint32_t command, uint64_t addr, uint32_t len)
{
	rtl_guard_write(&nic, RTL_GUARD_ADDR_LO, addr);
	rtl_guard_write(&nic, RTL_GUARD_ADDR_HI, addr >> 32);
	rtl_guard_write(&nic, RTL_GUARD_LENGTH, len);
	rtl_guard_write(&nic, RTL_GUARD_COMMAND, command);
	return rtl_guard_read(&nic, RTL_GUARD_RESULT);
}

static uint32_t kind(enum rtl_violation violation)
{
	return rtl_guard_read(&nic, RTL_GUARD_KIND(violation));
}

static void test_guard_ranges(void)
{
	uint8_t frame[100];

	start_driver("8168h");
	make_frame(frame, sizeof(frame));
	CHECK(rtl_guard_read(&nic, RTL_GUARD_MAGIC) == RTL_GUARD_MAGIC_VALUE);
	CHECK(guard_command(RTL_GUARD_CMD_ADD, BUFFERS + BUFFER_SIZE + 511, 100) == RTL_GUARD_OK);
	CHECK(guard_command(RTL_GUARD_CMD_ADD, BUFFERS + BUFFER_SIZE + 600, 100) == RTL_GUARD_BAD_ARGUMENT);
	CHECK(guard_command(RTL_GUARD_CMD_ADD, BUFFERS - 16, 16) == RTL_GUARD_OK);
	CHECK(guard_command(RTL_GUARD_CMD_ADD, 1, 0) == RTL_GUARD_BAD_ARGUMENT);
	CHECK(guard_command(RTL_GUARD_CMD_REMOVE, BUFFERS, 0) == RTL_GUARD_NOT_FOUND);
	CHECK(rtl_guard_read(&nic, RTL_GUARD_RANGES) == 2);
	/* descriptor 0 touches nothing; descriptor 1 touches by one byte, but the frame is shorter */
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(rtl_guard_read(&nic, RTL_GUARD_VIOLATIONS) == 0);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(kind(RTL_VIOLATION_held) == 1 && kind(RTL_VIOLATION_write) == 0);
	CHECK(rtl_guard_read(&nic, RTL_GUARD_LAST_ADDR_LO) == BUFFERS + BUFFER_SIZE);
	CHECK(rtl_guard_read(&nic, RTL_GUARD_LAST_INDEX) == 1);
	CHECK(guard_command(RTL_GUARD_CMD_ADD, BUFFERS + 2 * BUFFER_SIZE, 2048) == RTL_GUARD_OK);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(kind(RTL_VIOLATION_held) == 2 && kind(RTL_VIOLATION_write) == 1);
	CHECK(guard_command(RTL_GUARD_CMD_FORGET, 0, 0) == RTL_GUARD_OK);
	CHECK(guard_command(RTL_GUARD_CMD_CLEAR, 0, 0) == RTL_GUARD_OK);
	refill(512);
	CHECK(guard_command(RTL_GUARD_CMD_SCAN, 0, 0) == RTL_GUARD_OK);
	CHECK(rtl_guard_read(&nic, RTL_GUARD_VIOLATIONS) == 0);
	CHECK(guard_command(RTL_GUARD_CMD_ADD, BUFFERS + 3 * BUFFER_SIZE + 8, 8) == RTL_GUARD_OK);
	guard_command(RTL_GUARD_CMD_SCAN, 0, 0);
	CHECK(kind(RTL_VIOLATION_held) == 1);
	CHECK(guard_command(99, 0, 0) == RTL_GUARD_BAD_COMMAND);
}

static void test_guard_lengths(void)
{
	uint8_t frame[100];

	start_driver("8125b");
	make_frame(frame, sizeof(frame));
	rtl_guard_write(&nic, RTL_GUARD_RX_BUF_MAX, 2048);
	refill(2048);
	guard_command(RTL_GUARD_CMD_SCAN, 0, 0);
	CHECK(rtl_guard_read(&nic, RTL_GUARD_VIOLATIONS) == 0);
	describe(RX_RING, 0, DESC_OWN | 16383, 0, BUFFERS);
	describe(RX_RING, 1, DESC_OWN | 2048, 0, BUFFERS + BUFFER_SIZE + 64);
	describe(RX_RING, 2, DESC_OWN | 2048, 0, BUFFERS + 3 * BUFFER_SIZE);
	guard_command(RTL_GUARD_CMD_SCAN, 0, 0);
	CHECK(kind(RTL_VIOLATION_length) == 1);
	CHECK(kind(RTL_VIOLATION_boundary) == 1);
	CHECK(kind(RTL_VIOLATION_duplicate) == 1);
	CHECK(rtl_guard_read(&nic, RTL_GUARD_VIOLATIONS) == 3);
	guard_command(RTL_GUARD_CMD_FORGET, 0, 0);
	rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(kind(RTL_VIOLATION_length) == 1);
	/* the ring is scanned when it wraps */
	refill(2048);
	describe(RX_RING, 0, DESC_OWN | 4095, 0, BUFFERS);
	guard_command(RTL_GUARD_CMD_FORGET, 0, 0);
	for (int i = 1; i < RX_ENTRIES; i++)
		rtl_rx_frame(&nic, frame, sizeof(frame));
	CHECK(kind(RTL_VIOLATION_length) == 1 && nic.rx_index == 0);
	rtl_guard_write(&nic, RTL_GUARD_COMMAND, RTL_GUARD_CMD_LATCH);
	CHECK(rtl_guard_read(&nic, RTL_GUARD_STAT(RTL_STAT_rx)) == 4);
	/* faults and the cable through the window */
	rtl_guard_write(&nic, RTL_GUARD_FAULT, RTL_FAULT_rx_drop);
	rtl_guard_write(&nic, RTL_GUARD_COUNT, 2);
	rtl_guard_write(&nic, RTL_GUARD_COMMAND, RTL_GUARD_CMD_FAULT);
	CHECK(nic.faults[RTL_FAULT_rx_drop] == 2);
	rtl_guard_write(&nic, RTL_GUARD_COUNT, 0);
	rtl_guard_write(&nic, RTL_GUARD_COMMAND, RTL_GUARD_CMD_LINK);
	CHECK(!nic.link);
}

int main(void)
{
	puts("KTAP version 1");
	test_registers();
	test_receive_parts();
	test_fifo();
	test_fifo_wakes();
	test_filter_and_faults();
	test_transmit();
	test_segmentation();
	test_checksums();
	test_guard_ranges();
	test_guard_lengths();
	printf("1..%d\n", results);
	free(memory);
	return failures != 0;
}
