/* SPDX-License-Identifier: MIT */
/*
 * A software NIC of the Realtek RTL8168 family, independent of where it runs: the host (QEMU's front end, a unit
 * test) supplies DMA, interrupt line, wire, timers and PCI configuration space. The behaviour comes from how the
 * Linux driver uses the chip, never from silicon: it shows that driver paths run, not that hardware behaves so.
 *
 * One file per concept: rtl_chip.c (table of chips), rtl_phy.c (PHY and link), rtl_registers.c (MMIO), rtl_tx.c,
 * rtl_rx.c (filter, ring), rtl_fifo.c, rtl_guard.c (DMA guard and its window), rtl_nic.c (reset, interrupts, faults).
 * The host calls everything from one thread at a time.
 */
#ifndef RTL_NIC_H
#define RTL_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "rtl_guard.h"
#include "rtl_regs.h"

enum rtl_timer { RTL_TIMER_TX, RTL_TIMER_RX, RTL_TIMER_LINK, RTL_TIMER_MAX };

struct rtl_host_ops {
	/* 0 or non-zero for a failed access */
	int (*dma_read)(void *host, uint64_t addr, void *buf, uint32_t len);
	int (*dma_write)(void *host, uint64_t addr, const void *buf, uint32_t len);
	/* called on changes of the level only */
	void (*irq)(void *host, int level);
	/* one frame on the wire, without FCS */
	void (*transmit)(void *host, const uint8_t *frame, uint32_t len);
	/* whether the link partner takes a frame now (802.3x flow control); NULL: always */
	bool (*can_transmit)(void *host);
	/* one shot, replaces an earlier setting */
	void (*timer)(void *host, enum rtl_timer timer, uint64_t delay_ns);
	/* aligned dwords of configuration space */
	uint32_t (*config_read)(void *host, uint32_t addr);
	void (*config_write)(void *host, uint32_t addr, uint32_t value, uint32_t mask);
	/* one line without newline; may be NULL */
	void (*log)(void *host, const char *line);
};

enum rtl_family {
	RTL_FAMILY_8168E,	/* 8168e-vl, 8168f: PHY behind PHYAR */
	RTL_FAMILY_8168G,	/* 8168g, 8168h: PHY and MAC behind OCP */
	RTL_FAMILY_8125,	/* as 8168g; 32-bit interrupt registers, doorbell at 0x90 */
};

struct rtl_chip {
	const char *name;
	uint16_t xid;		/* what TxConfig shows in bits 31:26 and 23:20, shifted down by 20 */
	uint16_t pci_device;
	uint8_t pci_revision;
	enum rtl_family family;
	uint32_t phy_id;
	uint32_t mmio_size;
};

/* struct rtl8169_counters of r8169_main.c, little-endian in guest memory */
struct rtl_tally {
	uint64_t tx_packets, rx_packets, tx_errors;
	uint32_t rx_errors;
	uint16_t rx_missed, align_errors;
	uint32_t tx_one_collision, tx_multi_collision;
	uint64_t rx_unicast, rx_broadcast;
	uint32_t rx_multicast;
	uint16_t tx_aborted, tx_underrun;
} __attribute__((packed));

struct rtl_range {
	uint64_t start, end;	/* end is the first byte behind it */
};

struct rtl_guard {
	struct rtl_range ranges[RTL_GUARD_MAX_RANGES];	/* sorted, no overlap */
	unsigned int range_count;
	uint32_t rx_buf_max;
	uint32_t kinds[RTL_VIOLATION_MAX];
	uint32_t last_kind, last_length, last_index;
	uint64_t last_addr;
	uint32_t result, arg_addr_lo, arg_addr_hi, arg_length, arg_fault, arg_count;
	uint64_t latched[RTL_STAT_MAX];
};

#define RTL_FIFO_SIZE		65536
#define RTL_MAX_FRAME		16000
#define RTL_TX_BUFFER		0x20000
#define RTL_ERI_TYPES		4

struct rtl_nic {
	const struct rtl_host_ops *ops;
	void *host;
	const struct rtl_chip *chip;
	uint8_t mac[6];
	bool tx_sync;			/* transmit inside the doorbell write */
	bool pause;			/* hold the link partner back instead of losing frames */
	bool trace;			/* log every register access */
	uint32_t tx_delay_ns, aneg_ms;

	bool cable;			/* a peer is there */
	bool link;			/* and autonegotiation is done */
	bool aneg_pending;
	bool bmsr_latched_down;
	uint16_t phy_page;		/* register 31 behind PHYAR */

	uint8_t regs[0x10000];
	uint32_t eri[RTL_ERI_TYPES][0x400];
	uint16_t mac_ocp[0x8000], phy[0x8000], ephy[128];
	uint32_t isr, imr;
	int irq_level;

	uint32_t tx_index, rx_index;
	bool tx_in_frame;
	uint32_t tx_len, tx_opts1, tx_opts2;
	uint8_t tx_buf[RTL_TX_BUFFER];
	uint8_t tx_segment[RTL_TX_BUFFER];
	uint8_t rx_buf[RTL_MAX_FRAME + 8];
	uint8_t fifo_frame[RTL_MAX_FRAME + 8];
	uint8_t fifo[RTL_FIFO_SIZE];
	uint32_t fifo_head, fifo_used, fifo_frames, fifo_poll_ns;
	bool fifo_polling;

	struct rtl_tally tally;
	int faults[RTL_FAULT_MAX];
	uint64_t stats[RTL_STAT_MAX];
	struct rtl_guard guard;
};

/* rtl_chip.c */
const struct rtl_chip *rtl_chip_find(const char *name);

/* rtl_nic.c */
void rtl_nic_init(struct rtl_nic *nic, const struct rtl_host_ops *ops, void *host, const struct rtl_chip *chip,
		  const uint8_t mac[6]);
void rtl_nic_reset(struct rtl_nic *nic);
void rtl_nic_soft_reset(struct rtl_nic *nic);
void rtl_nic_timer(struct rtl_nic *nic, enum rtl_timer timer);
void rtl_nic_log(struct rtl_nic *nic, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rtl_irq_update(struct rtl_nic *nic);
void rtl_irq_raise(struct rtl_nic *nic, uint32_t bits);
bool rtl_fault_hit(struct rtl_nic *nic, enum rtl_fault fault);
int rtl_fault_set(struct rtl_nic *nic, unsigned int fault, int count);
int rtl_fault_find(const char *name);
const char *rtl_fault_name(unsigned int fault);
const char *rtl_stat_name(unsigned int stat);

/* rtl_phy.c */
void rtl_phy_reset(struct rtl_nic *nic);
uint16_t rtl_phy_read(struct rtl_nic *nic, uint16_t ocp);
void rtl_phy_write(struct rtl_nic *nic, uint16_t ocp, uint16_t value);
uint16_t rtl_phy_clause22_read(struct rtl_nic *nic, unsigned int reg);
void rtl_phy_clause22_write(struct rtl_nic *nic, unsigned int reg, uint16_t value);
int rtl_phy_speed(struct rtl_nic *nic);
void rtl_phy_negotiated(struct rtl_nic *nic);
void rtl_set_cable(struct rtl_nic *nic, bool present);

/* rtl_registers.c */
uint64_t rtl_mmio_read(struct rtl_nic *nic, uint32_t addr, unsigned int size);
void rtl_mmio_write(struct rtl_nic *nic, uint32_t addr, uint64_t value, unsigned int size);
uint32_t rtl_reg_get(const struct rtl_nic *nic, uint32_t addr);
void rtl_reg_set(struct rtl_nic *nic, uint32_t addr, uint32_t value);
uint64_t rtl_reg_get64(const struct rtl_nic *nic, uint32_t addr);

/* rtl_tx.c */
void rtl_tx_doorbell(struct rtl_nic *nic);
void rtl_tx_run(struct rtl_nic *nic);

/* rtl_rx.c */
void rtl_rx_frame(struct rtl_nic *nic, const uint8_t *frame, uint32_t len);
bool rtl_rx_enabled(const struct rtl_nic *nic);
bool rtl_rx_store(struct rtl_nic *nic, const uint8_t *frame, uint32_t len);

/* rtl_fifo.c */
bool rtl_fifo_put(struct rtl_nic *nic, const uint8_t *frame, uint32_t len);
void rtl_fifo_drain(struct rtl_nic *nic);
void rtl_fifo_poll(struct rtl_nic *nic);
void rtl_fifo_reset(struct rtl_nic *nic);
void rtl_fifo_wake(struct rtl_nic *nic);
bool rtl_fifo_pauses(const struct rtl_nic *nic);

/* rtl_guard.c: see rtl_guard.h */
void rtl_guard_rx_descriptor(struct rtl_nic *nic, uint32_t index, uint64_t addr, uint32_t len);
void rtl_guard_rx_write(struct rtl_nic *nic, uint32_t index, uint64_t addr, uint32_t len, uint32_t capacity);
void rtl_guard_rx_wrap(struct rtl_nic *nic);
uint32_t rtl_guard_read(struct rtl_nic *nic, uint32_t addr);
void rtl_guard_write(struct rtl_nic *nic, uint32_t addr, uint32_t value);
const char *rtl_violation_name(unsigned int kind);

#endif /* RTL_NIC_H */
