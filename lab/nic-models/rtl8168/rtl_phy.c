// SPDX-License-Identifier: MIT
/*
 * PHY and link. The PHY is one 64 KiB space of 16-bit OCP registers: clause 22 page p, register 16..23 lies at
 * (p << 4) + 2 * (register - 16), the standard registers 0..15 lie at 0xa400 (r8169_main.c, r8168g_mdio_*).
 */
#include <string.h>
#include "rtl_nic.h"

#define PHY_STANDARD		0xa400
#define PHY_STD(reg)		(PHY_STANDARD + 2 * (reg))
#define PHY_GPHY_STATE		0xa420
#define PHY_SPEED_STATUS	0xa434	/* page a43, register 18 */
#define PHY_EEE_ABILITY		0xa5c4
#define PHY_2500_ADVERTISE	0xa5d4
#define PHY_2500_PARTNER	0xa5d6
#define PHY_SPEED_ABILITY	0xa616	/* page a61, register 19 */

#define BMCR_RESET		0x8000
#define BMCR_SPEED_100		0x2000
#define BMCR_ANEG		0x1000
#define BMCR_POWER_DOWN		0x0800
#define BMCR_ISOLATE		0x0400
#define BMCR_ANEG_RESTART	0x0200
#define BMCR_SPEED_1000		0x0040
/* a change of any of these makes the link renegotiate */
#define BMCR_LINK_BITS		(BMCR_SPEED_100 | BMCR_ANEG | BMCR_POWER_DOWN | 0x0100 | BMCR_SPEED_1000)

static uint16_t *phy_reg(struct rtl_nic *nic, uint16_t ocp)
{
	return &nic->phy[ocp >> 1];
}

static void link_evaluate(struct rtl_nic *nic, bool restart)
{
	uint16_t bmcr = *phy_reg(nic, PHY_STANDARD);
	bool wanted = nic->cable && !(bmcr & (BMCR_POWER_DOWN | BMCR_ISOLATE));

	if (nic->link && (!wanted || restart)) {
		nic->link = false;
		nic->bmsr_latched_down = true;
		rtl_irq_raise(nic, INT_LINK);
	}
	nic->aneg_pending = wanted && !nic->link;
	if (nic->aneg_pending)
		nic->ops->timer(nic->host, RTL_TIMER_LINK, (uint64_t)nic->aneg_ms * 1000000 + 1000);
}

/* The negotiation timer has run out. */
void rtl_phy_negotiated(struct rtl_nic *nic)
{
	if (!nic->aneg_pending || nic->link)
		return;
	nic->aneg_pending = false;
	nic->link = true;
	rtl_fifo_wake(nic);
	rtl_irq_raise(nic, INT_LINK);
}

void rtl_set_cable(struct rtl_nic *nic, bool present)
{
	nic->cable = present;
	link_evaluate(nic, !present);
}

/* Megabits per second that the link has, or would have. */
int rtl_phy_speed(struct rtl_nic *nic)
{
	uint16_t bmcr = *phy_reg(nic, PHY_STANDARD);

	if (!(bmcr & BMCR_ANEG))
		return bmcr & BMCR_SPEED_1000 ? 1000 : bmcr & BMCR_SPEED_100 ? 100 : 10;
	if (nic->chip->family == RTL_FAMILY_8125 && (*phy_reg(nic, PHY_2500_ADVERTISE) & 0x80))
		return 2500;
	if (*phy_reg(nic, PHY_STD(9)) & 0x0300)
		return 1000;
	if (*phy_reg(nic, PHY_STD(4)) & 0x0180)
		return 100;
	return 10;
}

/* BMSR: its link bit latches low until it was read. */
static uint16_t bmsr_read(struct rtl_nic *nic)
{
	uint16_t value = 0x7949;

	if (nic->link && !nic->bmsr_latched_down)
		value |= 0x0004;
	if (nic->link)
		value |= 0x0020;
	nic->bmsr_latched_down = false;
	return value;
}

static uint16_t speed_status(struct rtl_nic *nic)
{
	if (!nic->link)
		return 0;
	switch (rtl_phy_speed(nic)) {
	case 2500: return 0x021c;
	case 1000: return 0x002c;
	case 100: return 0x001c;
	default: return 0x000c;
	}
}

uint16_t rtl_phy_read(struct rtl_nic *nic, uint16_t ocp)
{
	bool fast = nic->chip->family == RTL_FAMILY_8125;
	uint16_t value = *phy_reg(nic, ocp);

	switch (ocp) {
	case PHY_STD(1): return bmsr_read(nic);
	case PHY_STD(2): return nic->chip->phy_id >> 16;
	case PHY_STD(3): return nic->chip->phy_id & 0xffff;
	case PHY_STD(5): return nic->link ? 0xcde1 : 0;		/* partner: all of 10/100, pause */
	case PHY_STD(6): return nic->link ? 0x000f : 0x0004;	/* expansion */
	case PHY_STD(10): return nic->link ? 0x3c00 : 0;	/* partner: 1000 */
	case PHY_STD(15): return 0x2000;			/* able of 1000BASE-T, full duplex */
	case PHY_SPEED_STATUS: return speed_status(nic);
	case PHY_SPEED_ABILITY: return fast ? 0x2070 : 0x0070;
	case PHY_EEE_ABILITY: return 0x0006;
	case PHY_2500_PARTNER: return fast && nic->link ? 0x0020 : 0;
	case PHY_GPHY_STATE: return (value & ~7) | 3;		/* LAN on */
	default: return value;
	}
}

void rtl_phy_write(struct rtl_nic *nic, uint16_t ocp, uint16_t value)
{
	uint16_t *reg = phy_reg(nic, ocp);

	if (ocp == PHY_STANDARD) {
		bool restart = (value & (BMCR_RESET | BMCR_ANEG_RESTART)) || ((value ^ *reg) & BMCR_LINK_BITS);

		if (value & BMCR_RESET)		/* completes at once */
			value |= BMCR_ANEG;
		*reg = value & ~(BMCR_RESET | BMCR_ANEG_RESTART);
		if (restart)
			link_evaluate(nic, true);
		return;
	}
	*reg = value;
}

/* Chips of the PHYAR age alias the low registers into every page. */
static uint16_t clause22_ocp(struct rtl_nic *nic, unsigned int reg)
{
	if (nic->phy_page && reg >= 16)
		return (nic->phy_page << 4) + (reg - 16) * 2;
	return PHY_STD(reg);
}

uint16_t rtl_phy_clause22_read(struct rtl_nic *nic, unsigned int reg)
{
	return reg == 31 ? nic->phy_page : rtl_phy_read(nic, clause22_ocp(nic, reg));
}

void rtl_phy_clause22_write(struct rtl_nic *nic, unsigned int reg, uint16_t value)
{
	if (reg == 31)
		nic->phy_page = value & 0xfff;
	else if (reg >= 16 || nic->phy_page == 0)
		rtl_phy_write(nic, clause22_ocp(nic, reg), value);
}

/* Power-on state: autonegotiation on, everything advertised. */
void rtl_phy_reset(struct rtl_nic *nic)
{
	memset(nic->phy, 0, sizeof(nic->phy));
	*phy_reg(nic, PHY_STANDARD) = BMCR_ANEG | 0x0100 | BMCR_SPEED_1000;
	*phy_reg(nic, PHY_STD(4)) = 0x01e1;
	*phy_reg(nic, PHY_STD(9)) = 0x0200;
	*phy_reg(nic, PHY_2500_ADVERTISE) = nic->chip->family == RTL_FAMILY_8125 ? 0x80 : 0;
	nic->phy_page = 0;
	nic->link = false;
	nic->bmsr_latched_down = true;
	link_evaluate(nic, false);
}
