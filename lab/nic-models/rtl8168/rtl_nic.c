// SPDX-License-Identifier: MIT
/* Reset, interrupts, timers, faults. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "rtl_bytes.h"
#include "rtl_nic.h"

#define NAME(name)	#name,

static const char *const fault_names[] = { RTL_FAULTS(NAME) };
static const char *const stat_names[] = { RTL_STATS(NAME) };

const char *rtl_fault_name(unsigned int fault)
{
	return fault < RTL_FAULT_MAX ? fault_names[fault] : NULL;
}

const char *rtl_stat_name(unsigned int stat)
{
	return stat < RTL_STAT_MAX ? stat_names[stat] : NULL;
}

void rtl_nic_log(struct rtl_nic *nic, const char *format, ...)
{
	char line[200];
	va_list args;

	if (!nic->ops->log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	nic->ops->log(nic->host, line);
}

/* The line is ISR & IMR; an MSI is its rising edge. */
void rtl_irq_update(struct rtl_nic *nic)
{
	int level = (nic->isr & nic->imr) != 0;

	if (level == nic->irq_level)
		return;
	nic->irq_level = level;
	if (level) {
		if (rtl_fault_hit(nic, RTL_FAULT_irq_drop)) {
			nic->stats[RTL_STAT_irq_dropped]++;
			return;
		}
		nic->stats[RTL_STAT_irq]++;
	}
	nic->ops->irq(nic->host, level);
}

void rtl_irq_raise(struct rtl_nic *nic, uint32_t bits)
{
	nic->isr |= bits;
	rtl_irq_update(nic);
}

/* Whether a fault happens now; counts it down. */
bool rtl_fault_hit(struct rtl_nic *nic, enum rtl_fault fault)
{
	if (!nic->faults[fault])
		return false;
	if (nic->faults[fault] > 0)
		nic->faults[fault]--;
	return true;
}

/* The number of a fault, or -1. */
int rtl_fault_find(const char *name)
{
	for (int i = 0; i < RTL_FAULT_MAX; i++)
		if (!strcmp(fault_names[i], name))
			return i;
	return -1;
}

/* Arms a fault: count times, -1 for ever, 0 never. Returns -1 for an unknown fault. */
int rtl_fault_set(struct rtl_nic *nic, unsigned int fault, int count)
{
	if (fault >= RTL_FAULT_MAX)
		return -1;
	nic->faults[fault] = count;
	if (rtl_fault_hit(nic, RTL_FAULT_sys_err))
		rtl_irq_raise(nic, INT_SYS_ERR);
	/* what a lifted stall left behind goes out now */
	if (!nic->faults[RTL_FAULT_tx_stall] && (nic->regs[REG_CHIP_CMD] & CMD_TX_ENABLE))
		rtl_tx_doorbell(nic);
	return 0;
}

/* CmdReset of the driver: rings and interrupts, not the configuration. */
void rtl_nic_soft_reset(struct rtl_nic *nic)
{
	nic->tx_index = 0;
	nic->rx_index = 0;
	nic->tx_in_frame = false;
	nic->tx_len = 0;
	rtl_fifo_reset(nic);
	nic->isr = 0;
	nic->imr = 0;
	nic->regs[REG_CHIP_CMD] = 0;
	rtl_reg_set(nic, REG_RX_CONFIG, 0);
	rtl_reg_set(nic, REG_TX_CONFIG, 0);
	rtl_irq_update(nic);
}

/* Power on and PCI reset. Announced ranges and counters survive: they belong to the test, not to the chip. */
void rtl_nic_reset(struct rtl_nic *nic)
{
	static const uint8_t config_defaults[] = { 0x0f, 0x1c, 0x60, 0x11, 0x02 };	/* Config1..5 */

	if (nic->faults[RTL_FAULT_dead] > 0)
		nic->faults[RTL_FAULT_dead] = 0;
	memset(nic->regs, 0, sizeof(nic->regs));
	memset(nic->eri, 0, sizeof(nic->eri));
	memset(nic->mac_ocp, 0, sizeof(nic->mac_ocp));
	memset(nic->ephy, 0, sizeof(nic->ephy));
	memset(&nic->tally, 0, sizeof(nic->tally));
	rtl_nic_soft_reset(nic);
	/* The MAC address shows at three places: 8168h reads ERI 0xe0, 8125 reads MAC0_BKP. */
	memcpy(nic->regs + REG_MAC0, nic->mac, 6);
	memcpy(nic->regs + REG_MAC0_BKP, nic->mac, 6);
	nic->eri[0][0xe0 / 4] = get_le32(nic->mac);
	nic->eri[0][0xe4 / 4] = nic->mac[4] | nic->mac[5] << 8;
	memcpy(nic->regs + 0x52, config_defaults, sizeof(config_defaults));
	nic->regs[0xd3] = 0x80;		/* MCU: NOW_IS_OOB after power on */
	nic->regs[0x6f] = 0x80;
	rtl_reg_set(nic, REG_CPLUS_DW, 0x2060);
	rtl_phy_reset(nic);
}

/* The memory must be zero; call rtl_nic_reset() next. chip NULL: the default one. */
void rtl_nic_init(struct rtl_nic *nic, const struct rtl_host_ops *ops, void *host, const struct rtl_chip *chip,
		  const uint8_t mac[6])
{
	nic->ops = ops;
	nic->host = host;
	nic->chip = chip ? chip : rtl_chip_find(NULL);
	memcpy(nic->mac, mac, 6);
}

/* A timer that was set with ops->timer has run out. */
void rtl_nic_timer(struct rtl_nic *nic, enum rtl_timer timer)
{
	switch (timer) {
	case RTL_TIMER_TX:
		rtl_tx_run(nic);
		break;
	case RTL_TIMER_RX:
		rtl_fifo_poll(nic);
		break;
	case RTL_TIMER_LINK:
		rtl_phy_negotiated(nic);
		break;
	default:
		break;
	}
}
