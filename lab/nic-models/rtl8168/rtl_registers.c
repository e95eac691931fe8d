// SPDX-License-Identifier: MIT
/* MMIO: every access is a dword with byte enables, as on the bus. */
#include <string.h>
#include "rtl_bytes.h"
#include "rtl_nic.h"

#define BYTE_ENABLES(v)	((v) >> 12 & 15)
/* NPQ and HPQ of TxPoll, FSWInt */
#define POLL_QUEUES	0xc0
#define POLL_SWINT	0x01
/* counter commands in the low bits of CounterAddrLow */
#define COUNTER_RESET	0x1
#define COUNTER_DUMP	0x8
/* MCU (0xd3) and what it shows in the dword */
#define MCU_LINK_LIST_READY	(0x02u << 24)
#define MCU_RX_EMPTY		(0x10u << 24)
#define MCU_TX_EMPTY		(0x20u << 24)
#define TXCFG_EMPTY		(1u << 11)
/* IntrMitigate of 8125: the driver polls for these (rtl_wait_txrx_fifo_empty) */
#define MITIGATE_FIFOS_EMPTY	(0x0103u << 16)

uint32_t rtl_reg_get(const struct rtl_nic *nic, uint32_t addr)
{
	return get_le32(nic->regs + addr);
}

void rtl_reg_set(struct rtl_nic *nic, uint32_t addr, uint32_t value)
{
	put_le32(nic->regs + addr, value);
}

uint64_t rtl_reg_get64(const struct rtl_nic *nic, uint32_t addr)
{
	return get_le64(nic->regs + addr);
}

static bool is_8125(const struct rtl_nic *nic)
{
	return nic->chip->family == RTL_FAMILY_8125;
}

static uint32_t phy_status(struct rtl_nic *nic)
{
	uint32_t value = rtl_reg_get(nic, REG_PHY_STATUS) & 0xffff0000u;
	int speed = rtl_phy_speed(nic);

	if (!nic->link)
		return value;
	value |= 0x63;		/* link, full duplex, flow control both ways */
	value |= speed >= 1000 ? 0x10 : speed == 100 ? 0x08 : 0x04;
	return speed == 2500 ? value | 0x400 : value;
}

static uint32_t mcu(struct rtl_nic *nic)
{
	uint32_t value = rtl_reg_get(nic, REG_MCU_DW) & ~(MCU_LINK_LIST_READY | MCU_RX_EMPTY | MCU_TX_EMPTY);

	if (!nic->faults[RTL_FAULT_llrdy_hang])
		value |= MCU_LINK_LIST_READY;
	if (!nic->faults[RTL_FAULT_fifo_busy])
		value |= MCU_TX_EMPTY | (nic->fifo_frames ? 0 : MCU_RX_EMPTY);
	return value;
}

static uint32_t dword_read(struct rtl_nic *nic, uint32_t addr)
{
	uint32_t value = rtl_reg_get(nic, addr);
	bool busy = nic->faults[RTL_FAULT_fifo_busy];

	switch (addr) {
	case REG_38:
		return is_8125(nic) ? nic->imr : value & ~0xffu;
	case REG_3C:
		return is_8125(nic) ? nic->isr : (nic->imr & 0xffff) | nic->isr << 16;
	case REG_TX_CONFIG:
		/* the chip's identity shows here, whatever was written */
		value = (value & 0x03000780u) | (uint32_t)nic->chip->xid << 20;
		return busy ? value : value | TXCFG_EMPTY;
	case REG_PHY_STATUS:
		return phy_status(nic);
	case REG_MCU_DW:
		return mcu(nic);
	case REG_CPLUS_DW:
		return is_8125(nic) && !busy ? value | MITIGATE_FIFOS_EMPTY : value;
	default:
		return value;
	}
}

static void counters_write(struct rtl_nic *nic, uint32_t value)
{
	uint64_t where = (value & ~63u) | (uint64_t)rtl_reg_get(nic, REG_COUNTER_HI) << 32;

	rtl_reg_set(nic, REG_COUNTER_LO, value);
	if (!(value & (COUNTER_RESET | COUNTER_DUMP)) || nic->faults[RTL_FAULT_tally_hang])
		return;
	if (value & COUNTER_RESET)
		memset(&nic->tally, 0, sizeof(nic->tally));
	if (value & COUNTER_DUMP)
		nic->ops->dma_write(nic->host, where, &nic->tally, sizeof(nic->tally));
	rtl_reg_set(nic, REG_COUNTER_LO, value & ~(COUNTER_RESET | COUNTER_DUMP));
}

static void chip_command_write(struct rtl_nic *nic, uint32_t value, uint32_t mask)
{
	rtl_reg_set(nic, REG_CHIP_CMD_DW, value);
	if (!(mask >> 24) || !(value >> 24 & CMD_RESET))
		return;
	rtl_nic_soft_reset(nic);
	if (rtl_fault_hit(nic, RTL_FAULT_reset_hang))
		nic->regs[REG_CHIP_CMD] = CMD_RESET;
}

static void doorbell(struct rtl_nic *nic)
{
	nic->stats[RTL_STAT_doorbells]++;
	rtl_tx_doorbell(nic);
}

/* 0x38 and 0x3c: 8168 has TxPoll, IntrMask, IntrStatus there; 8125 a 32-bit mask and status. */
static void interrupt_write(struct rtl_nic *nic, uint32_t addr, uint32_t value, uint32_t mask)
{
	value &= mask;
	if (is_8125(nic)) {
		if (addr == REG_38)
			nic->imr = (nic->imr & ~mask) | value;
		else
			nic->isr &= ~value;
	} else if (addr == REG_38) {
		if (value & POLL_QUEUES)
			doorbell(nic);
		if (value & POLL_SWINT)
			nic->isr |= INT_SOFTWARE;
	} else {
		nic->imr = (nic->imr & ~mask & 0xffff) | (value & 0xffff);
		nic->isr &= ~(value >> 16);
	}
	rtl_irq_update(nic);
}

static uint32_t byte_mask(uint32_t enables)
{
	uint32_t mask = 0;

	for (int i = 0; i < 4; i++)
		if (enables >> i & 1)
			mask |= 0xffu << (8 * i);
	return mask;
}

static void csi_write(struct rtl_nic *nic, uint32_t value)
{
	uint32_t where = value & 0xffc;

	if (value & REG_FLAG) {
		nic->ops->config_write(nic->host, where, rtl_reg_get(nic, REG_CSIDR), byte_mask(BYTE_ENABLES(value)));
		rtl_reg_set(nic, REG_CSIAR, value & ~REG_FLAG);
	} else {
		rtl_reg_set(nic, REG_CSIDR, nic->ops->config_read(nic->host, where));
		rtl_reg_set(nic, REG_CSIAR, value | REG_FLAG);
	}
}

static void eri_write(struct rtl_nic *nic, uint32_t value)
{
	uint32_t *reg = &nic->eri[value >> 16 & (RTL_ERI_TYPES - 1)][(value & 0xffc) / 4];
	uint32_t mask = byte_mask(BYTE_ENABLES(value));

	if (nic->faults[RTL_FAULT_eri_hang]) {
		rtl_reg_set(nic, REG_ERIAR, value);
	} else if (value & REG_FLAG) {
		*reg = (*reg & ~mask) | (rtl_reg_get(nic, REG_ERIDR) & mask);
		rtl_reg_set(nic, REG_ERIAR, value & ~REG_FLAG);
	} else {
		rtl_reg_set(nic, REG_ERIDR, *reg);
		rtl_reg_set(nic, REG_ERIAR, value | REG_FLAG);
	}
}

/* PHYAR: clause 22 register in bits 20:16. */
static void phyar_write(struct rtl_nic *nic, uint32_t value)
{
	unsigned int reg = value >> 16 & 31;

	if (nic->faults[RTL_FAULT_ocp_hang]) {
		rtl_reg_set(nic, REG_PHYAR, value);
	} else if (value & REG_FLAG) {
		rtl_phy_clause22_write(nic, reg, value);
		rtl_reg_set(nic, REG_PHYAR, value & ~REG_FLAG);
	} else {
		rtl_reg_set(nic, REG_PHYAR, REG_FLAG | reg << 16 | rtl_phy_clause22_read(nic, reg));
	}
}

/* GPHY_OCP: OCP address divided by two in bits 30:16. */
static void gphy_write(struct rtl_nic *nic, uint32_t value)
{
	uint16_t ocp = value >> 15 & 0xfffe;

	if (nic->faults[RTL_FAULT_ocp_hang]) {
		rtl_reg_set(nic, REG_GPHY_OCP, value);
	} else if (value & REG_FLAG) {
		rtl_phy_write(nic, ocp, value);
		rtl_reg_set(nic, REG_GPHY_OCP, value & ~REG_FLAG);
	} else {
		rtl_reg_set(nic, REG_GPHY_OCP, REG_FLAG | (value & 0x7fff0000) | rtl_phy_read(nic, ocp));
	}
}

/* MAC OCP: the only indirect access that does not poll its flag. */
static void mac_ocp_write(struct rtl_nic *nic, uint32_t value)
{
	uint16_t *reg = &nic->mac_ocp[value >> 16 & 0x7fff];

	if (value & REG_FLAG) {
		*reg = value;
		rtl_reg_set(nic, REG_OCPDR, value & ~REG_FLAG);
	} else {
		rtl_reg_set(nic, REG_OCPDR, (value & 0x7fff0000) | *reg);
	}
}

static void ephy_write(struct rtl_nic *nic, uint32_t value)
{
	uint16_t *reg = &nic->ephy[value >> 16 & 0x7f];

	if (value & REG_FLAG) {
		*reg = value;
		rtl_reg_set(nic, REG_EPHYAR, value & ~REG_FLAG);
	} else {
		rtl_reg_set(nic, REG_EPHYAR, REG_FLAG | (value & 0x7f0000) | *reg);
	}
}

static bool indirect_write(struct rtl_nic *nic, uint32_t addr, uint32_t value)
{
	bool ocp = nic->chip->family != RTL_FAMILY_8168E;

	switch (addr) {
	case REG_PHYAR: phyar_write(nic, value); return true;
	case REG_CSIAR: csi_write(nic, value); return true;
	case REG_ERIAR: eri_write(nic, value); return true;
	case REG_EPHYAR: ephy_write(nic, value); return true;
	case REG_OCPAR: rtl_reg_set(nic, addr, value ^ REG_FLAG); return true;
	case REG_EFUSEAR:	/* an empty fuse reads as ones */
		rtl_reg_set(nic, addr, value & REG_FLAG ? value & ~REG_FLAG : value | REG_FLAG | 0xff);
		return true;
	case REG_OCPDR:
		if (ocp)
			mac_ocp_write(nic, value);
		return ocp;
	case REG_GPHY_OCP:
		if (ocp)
			gphy_write(nic, value);
		return ocp;
	default:
		return false;
	}
}

/* Cfg9346 locks the MAC address and Config1..5; Cfg9346 itself is always writable. */
static bool locked(struct rtl_nic *nic, uint32_t addr, uint32_t *mask)
{
	if ((nic->regs[REG_CFG9346] & 0xc0) == 0xc0)
		return false;
	if (addr == REG_CFG9346) {
		*mask &= 0xff;
		return !*mask;
	}
	return addr == REG_MAC0 || addr == REG_MAC4;
}

static void dword_write(struct rtl_nic *nic, uint32_t addr, uint32_t value, uint32_t mask)
{
	uint32_t merged;

	if (locked(nic, addr, &mask)) {
		rtl_nic_log(nic, "register 0x%02x written while locked", addr);
		return;
	}
	if (addr == REG_38 || addr == REG_3C) {
		interrupt_write(nic, addr, value, mask);
		return;
	}
	if (addr == REG_TX_POLL_8125 && is_8125(nic)) {
		if (value & mask & 0xffff)
			doorbell(nic);
		return;
	}
	if (indirect_write(nic, addr, value))
		return;
	merged = (rtl_reg_get(nic, addr) & ~mask) | (value & mask);
	switch (addr) {
	case REG_COUNTER_LO:
		counters_write(nic, merged);
		return;
	case REG_CHIP_CMD_DW:
		chip_command_write(nic, merged, mask);
		return;
	case REG_TX_RING:	/* the low half of a ring's address restarts the ring */
		nic->tx_index = 0;
		nic->tx_in_frame = false;
		break;
	case REG_RX_RING:
		nic->rx_index = 0;
		break;
	}
	rtl_reg_set(nic, addr, merged);
	if (addr == REG_RX_CONFIG || addr == REG_MISC)
		rtl_fifo_wake(nic);
}

static uint32_t wrap(const struct rtl_nic *nic, uint32_t addr)
{
	return addr & (nic->chip->mmio_size - 1);
}

/* size is 1, 2 or 4, aligned. */
uint64_t rtl_mmio_read(struct rtl_nic *nic, uint32_t addr, unsigned int size)
{
	uint32_t value, all = size >= 4 ? ~0u : (1u << (8 * size)) - 1;

	nic->stats[RTL_STAT_mmio_reads]++;
	if (nic->faults[RTL_FAULT_dead])
		return all;
	addr = wrap(nic, addr);
	value = dword_read(nic, addr & ~3u) >> (addr & 3) * 8 & all;
	if (nic->trace)
		rtl_nic_log(nic, "R %04x = %08x", addr, value);
	return value;
}

void rtl_mmio_write(struct rtl_nic *nic, uint32_t addr, uint64_t value, unsigned int size)
{
	uint32_t shift = (addr & 3) * 8, mask = (size >= 4 ? ~0u : (1u << (8 * size)) - 1) << shift;

	nic->stats[RTL_STAT_mmio_writes]++;
	if (nic->faults[RTL_FAULT_dead])
		return;
	addr = wrap(nic, addr);
	if (nic->trace)
		rtl_nic_log(nic, "W %04x = %08x", addr, (uint32_t)value);
	dword_write(nic, addr & ~3u, (uint32_t)value << shift, mask);
}
