/* SPDX-License-Identifier: MIT */
/*
 * Registers of the RTL8168 family as the Linux driver uses them (drivers/net/ethernet/realtek/r8169_main.c, enums
 * rtl_registers and rtl_register_content, struct TxDesc and RxDesc). The model works on aligned dwords, so registers
 * that share one are named by the dword.
 */
#ifndef RTL_REGS_H
#define RTL_REGS_H

enum rtl_register {
	REG_MAC0	= 0x00,
	REG_MAC4	= 0x04,
	REG_MAR0	= 0x08,
	REG_COUNTER_LO	= 0x10,
	REG_COUNTER_HI	= 0x14,
	REG_TX_RING	= 0x20,		/* 64 bit, TxDescStartAddr */
	REG_CHIP_CMD	= 0x37,		/* byte, in dword 0x34 */
	REG_CHIP_CMD_DW	= 0x34,
	REG_38		= 0x38,		/* 8168: TxPoll; 8125: IntrMask */
	REG_3C		= 0x3c,		/* 8168: IntrMask, IntrStatus (16 bit each); 8125: IntrStatus */
	REG_TX_CONFIG	= 0x40,
	REG_RX_CONFIG	= 0x44,
	REG_CFG9346	= 0x50,		/* byte; the lock of the configuration registers */
	REG_CONFIG3_DW	= 0x54,
	REG_PHYAR	= 0x60,
	REG_CSIDR	= 0x64,
	REG_CSIAR	= 0x68,
	REG_PHY_STATUS	= 0x6c,
	REG_ERIDR	= 0x70,
	REG_ERIAR	= 0x74,
	REG_EPHYAR	= 0x80,
	REG_TX_POLL_8125 = 0x90,
	REG_OCPDR	= 0xb0,
	REG_OCPAR	= 0xb4,
	REG_GPHY_OCP	= 0xb8,
	REG_MCU_DW	= 0xd0,		/* MCU is byte 0xd3 */
	REG_RX_MAX_DW	= 0xd8,		/* RxMaxSize is the word 0xda */
	REG_EFUSEAR	= 0xdc,
	REG_CPLUS_DW	= 0xe0,		/* CPlusCmd, IntrMitigate */
	REG_RX_RING	= 0xe4,		/* 64 bit, RxDescAddr */
	REG_MISC	= 0xf0,
	REG_MAC0_BKP	= 0x19e0,	/* 8125 */
};

/* Indirect accesses: a write with the flag clears it when done, a read sets it when done. */
#define REG_FLAG		0x80000000u

enum rtl_chip_cmd { CMD_RESET = 0x10, CMD_RX_ENABLE = 0x08, CMD_TX_ENABLE = 0x04 };

enum rtl_interrupt {
	INT_RX_OK	= 0x0001,
	INT_RX_ERR	= 0x0002,
	INT_TX_OK	= 0x0004,
	INT_TX_ERR	= 0x0008,
	INT_RX_OVERFLOW	= 0x0010,
	INT_LINK	= 0x0020,
	INT_RX_FIFO	= 0x0040,
	INT_TX_UNAVAIL	= 0x0080,
	INT_SOFTWARE	= 0x0100,
	INT_SYS_ERR	= 0x8000,
};

/* First word of a descriptor (16 bytes: opts1, opts2, 64-bit address). */
#define DESC_OWN		(1u << 31)
#define DESC_RING_END		(1u << 30)
#define DESC_FIRST		(1u << 29)
#define DESC_LAST		(1u << 28)
#define DESC_SIZE		16u

#define TX_LENGTH_MASK		0xffffu
#define TX_GIANT_V4		(1u << 26)
#define TX_GIANT_V6		(1u << 25)
/* Second word of a transmit descriptor. */
#define TX2_VLAN		(1u << 17)
#define TX2_CSUM_V4		(1u << 29)
#define TX2_CSUM_V6		(1u << 28)
#define TX2_CSUM_TCP		(1u << 30)
#define TX2_CSUM_UDP		(1u << 31)

#define RX_LENGTH_MASK		0x3fffu
#define RX_MULTICAST		(1u << 27)
#define RX_UNICAST		(1u << 26)
#define RX_BROADCAST		(1u << 25)
#define RX_RWT			(1u << 22)
#define RX_RES			(1u << 21)
#define RX_RUNT			(1u << 20)
#define RX_CRC			(1u << 19)
#define RX_PROTO_IP		(3u << 17)
#define RX_PROTO_UDP		(2u << 17)
#define RX_PROTO_TCP		(1u << 17)
#define RX_IP_FAIL		(1u << 16)
#define RX_UDP_FAIL		(1u << 15)
#define RX_TCP_FAIL		(1u << 14)
#define RX2_VLAN		(1u << 16)

/* RxConfig */
#define RXCFG_ALL		0x01u
#define RXCFG_MY_ADDRESS	0x02u
#define RXCFG_MULTICAST		0x04u
#define RXCFG_BROADCAST		0x08u
#define RXCFG_VLAN_8125		(3u << 22)
/* CPlusCmd */
#define CPLUS_VLAN		0x40u
#define CPLUS_CSUM		0x20u
/* MISC */
#define MISC_RXDV_GATED		(1u << 19)

#endif /* RTL_REGS_H */
