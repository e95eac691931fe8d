/* SPDX-License-Identifier: MIT */
/* A host for the model without QEMU: 4 MiB of memory, timers that run when told, a wire that remembers. */
#ifndef RTL_TEST_BENCH_H
#define RTL_TEST_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rtl_bytes.h"
#include "rtl_nic.h"

#define MEMORY_SIZE	(1u << 22)

static uint8_t *memory;
static struct rtl_nic nic;
static int irq_count, irq_line;
static uint8_t wire_frame[RTL_TX_BUFFER];
static uint32_t wire_len, wire_count;
static bool timer_due[RTL_TIMER_MAX];
static const uint8_t test_mac[6] = { 2, 0, 0, 0, 0, 1 };

static bool outside(uint64_t addr, uint32_t len)
{
	return addr > MEMORY_SIZE || len > MEMORY_SIZE - addr;
}

static int bench_dma_read(void *host, uint64_t addr, void *buf, uint32_t len)
{
	(void)host;
	if (outside(addr, len))
		return 1;
	memcpy(buf, memory + addr, len);
	return 0;
}

static int bench_dma_write(void *host, uint64_t addr, const void *buf, uint32_t len)
{
	(void)host;
	if (outside(addr, len))
		return 1;
	memcpy(memory + addr, buf, len);
	return 0;
}

static void bench_irq(void *host, int level)
{
	(void)host;
	irq_line = level;
	irq_count += level;
}

static void bench_transmit(void *host, const uint8_t *frame, uint32_t len)
{
	(void)host;
	wire_count++;
	wire_len = len;
	memcpy(wire_frame, frame, len);
}

static void bench_timer(void *host, enum rtl_timer timer, uint64_t delay_ns)
{
	(void)host;
	(void)delay_ns;
	timer_due[timer] = true;
}

static uint32_t bench_config_read(void *host, uint32_t addr)
{
	(void)host;
	return addr;
}

static void bench_config_write(void *host, uint32_t addr, uint32_t value, uint32_t mask)
{
	(void)host;
	(void)addr;
	(void)value;
	(void)mask;
}

static const struct rtl_host_ops bench_ops = {
	.dma_read = bench_dma_read,
	.dma_write = bench_dma_write,
	.irq = bench_irq,
	.transmit = bench_transmit,
	.timer = bench_timer,
	.config_read = bench_config_read,
	.config_write = bench_config_write,
};

static void run_timers(void)
{
	for (int i = 0; i < RTL_TIMER_MAX; i++) {
		if (!timer_due[i])
			continue;
		timer_due[i] = false;
		rtl_nic_timer(&nic, i);
	}
}

static void bench_start(const char *chip)
{
	if (!memory)
		memory = calloc(1, MEMORY_SIZE);
	memset(memory, 0, MEMORY_SIZE);
	memset(&nic, 0, sizeof(nic));
	memset(timer_due, 0, sizeof(timer_due));
	irq_count = irq_line = 0;
	wire_count = wire_len = 0;
	rtl_nic_init(&nic, &bench_ops, NULL, rtl_chip_find(chip), test_mac);
	nic.cable = true;
	rtl_nic_reset(&nic);
	run_timers();
}

/* Every frame that came from the wire is somewhere. */
static bool accounted(void)
{
	const uint64_t *s = nic.stats;

	return s[RTL_STAT_rx_offered] ==
	       s[RTL_STAT_rx] + s[RTL_STAT_rx_drop_off] + s[RTL_STAT_rx_drop_size] + s[RTL_STAT_rx_drop_filter] +
	       s[RTL_STAT_rx_drop_fault] + s[RTL_STAT_rx_drop_fifo] + s[RTL_STAT_rx_drop_ring] +
	       s[RTL_STAT_rx_drop_reset] + nic.fifo_frames;
}

#endif /* RTL_TEST_BENCH_H */
