/* SPDX-License-Identifier: MIT */
/*
 * The guard window of the software RTL8168: BAR 5 of the PCI function, 4 KiB of 32-bit little-endian registers.
 * No real chip has it. This header is shared by the model and by test programs that run in the guest (they mmap
 * /sys/bus/pci/devices/<address>/resource5; the kernel needs iomem=relaxed), so it uses nothing but the preprocessor.
 *
 * What it is for: the model sees every DMA address. A test announces the buffers that user space holds; from then
 * on a receive descriptor of the NIC, or a frame that it writes, that touches one of them is a violation. Addresses are
 * those that the driver gives to the NIC: physical ones without an IOMMU, I/O virtual ones with it. Take an address
 * back (REMOVE) before its buffer is given back to the driver.
 */
#ifndef RTL_GUARD_H
#define RTL_GUARD_H

#define RTL_GUARD_BAR			5
#define RTL_GUARD_SIZE			0x1000
#define RTL_GUARD_MAX_RANGES		8192

/* Registers. RO unless said otherwise. */
#define RTL_GUARD_MAGIC			0x000	/* RTL_GUARD_MAGIC_VALUE */
#define RTL_GUARD_VERSION		0x004	/* 1 */
#define RTL_GUARD_COMMAND		0x008	/* WO: runs an RTL_GUARD_CMD_*; complete when the write returns */
#define RTL_GUARD_RESULT		0x00c	/* RTL_GUARD_OK or why the last command failed */
#define RTL_GUARD_ADDR_LO		0x010	/* RW: argument of ADD, REMOVE */
#define RTL_GUARD_ADDR_HI		0x014	/* RW */
#define RTL_GUARD_LENGTH		0x018	/* RW: argument of ADD, bytes */
#define RTL_GUARD_FAULT			0x01c	/* RW: argument of FAULT, an RTL_FAULT_* number */
#define RTL_GUARD_COUNT			0x020	/* RW: FAULT: how often, -1 for ever, 0 off; LINK: 1 in, 0 out */
#define RTL_GUARD_RANGES		0x024	/* announced ranges */
#define RTL_GUARD_RX_BUF_MAX		0x028	/* RW: limit of receive descriptors, a power of two; 0: none */
#define RTL_GUARD_VIOLATIONS		0x030	/* all kinds together */
#define RTL_GUARD_LAST_KIND		0x034	/* RTL_VIOLATION_* of the last one */
#define RTL_GUARD_LAST_ADDR_LO		0x038	/* the offending buffer address */
#define RTL_GUARD_LAST_ADDR_HI		0x03c
#define RTL_GUARD_LAST_LENGTH		0x040
#define RTL_GUARD_LAST_INDEX		0x044	/* index of its descriptor */
#define RTL_GUARD_KIND(kind)		(0x060 + 4 * (kind))	/* count of one kind of violation */
#define RTL_GUARD_STAT(stat)		(0x100 + 8 * (stat))	/* 64-bit RTL_STAT_*, as of the last LATCH */

#define RTL_GUARD_MAGIC_VALUE		0x474c5452	/* "RTLG" */

#define RTL_GUARD_CMD_ADD		1	/* announce ADDR, LENGTH */
#define RTL_GUARD_CMD_REMOVE		2	/* take the range that starts at ADDR back */
#define RTL_GUARD_CMD_CLEAR		3	/* take all ranges back */
#define RTL_GUARD_CMD_SCAN		4	/* check every receive descriptor that the NIC owns, now */
#define RTL_GUARD_CMD_FAULT		5	/* inject FAULT, COUNT times */
#define RTL_GUARD_CMD_LINK		6	/* plug the cable in or out, as COUNT says */
#define RTL_GUARD_CMD_LATCH		7	/* copy all counters to RTL_GUARD_STAT() */
#define RTL_GUARD_CMD_FORGET		8	/* zero the violation counters */

#define RTL_GUARD_OK			0
#define RTL_GUARD_BAD_COMMAND		1
#define RTL_GUARD_BAD_ARGUMENT		2	/* zero length, overlap with a range, unknown fault */
#define RTL_GUARD_FULL			3
#define RTL_GUARD_NOT_FOUND		4

/*
 * Kinds of violation:
 *   length     a receive descriptor longer than RX_BUF_MAX
 *   boundary   a receive descriptor whose buffer crosses a multiple of RX_BUF_MAX
 *   held       a receive descriptor whose buffer touches an announced range
 *   duplicate  two receive descriptors of the NIC with the same buffer
 *   write      a frame written into an announced range
 *   overrun    a write past the end of the descriptor's buffer: a defect of the model itself
 */
#define RTL_VIOLATIONS(X) \
	X(length) X(boundary) X(held) X(duplicate) X(write) X(overrun)

/* Faults: each can happen n times, or for ever. The number of a fault is its place in this list. */
#define RTL_FAULTS(X) \
	X(dead)		/* all MMIO reads give ones, writes are ignored; a bus reset revives the chip */ \
	X(irq_drop)	/* swallow a rising edge of the interrupt */ \
	X(tx_stall)	/* ignore a doorbell */ \
	X(tx_err)	/* report TxErr instead of TxOK */ \
	X(tx_own_stuck)	/* send the frame but never give its descriptor back */ \
	X(rx_crc)	/* frame marked RxRES and RxCRC */ \
	X(rx_rwt)	/* frame marked RxRES and RxRWT */ \
	X(rx_runt)	/* frame marked RxRES and RxRUNT */ \
	X(rx_nols)	/* no LastFrag: looks like an oversize frame */ \
	X(rx_bad_len)	/* length 0x3fff reported */ \
	X(rx_csum_bad)	/* all checksums reported as wrong */ \
	X(rx_drop)	/* frame lost, counted as missed */ \
	X(rx_fifo_over)	/* frame lost, RxFIFOOver and RxOverflow raised */ \
	X(rx_stall)	/* the receiver does not fill descriptors; never counts down */ \
	X(reset_hang)	/* CmdReset does not clear itself */ \
	X(ocp_hang)	/* PHY accesses never complete; never counts down */ \
	X(eri_hang)	/* ERI accesses never complete; never counts down */ \
	X(llrdy_hang)	/* LINK_LIST_RDY stays 0; never counts down */ \
	X(fifo_busy)	/* RXTX_EMPTY and TXCFG_EMPTY stay 0; never counts down */ \
	X(tally_hang)	/* the counter dump never completes; never counts down */ \
	X(sys_err)	/* raise SYSErr */

/*
 * Counters, since power on; a reset of the chip does not touch them. Every frame is accounted for:
 *   rx_offered = rx + rx_drop_* + frames in the FIFO (gauge rx_fifo of the QOM property)
 */
#define RTL_STATS(X) \
	X(tx)			/* frames put on the wire; every TCP segment is one */ \
	X(tx_no_link)		/* frames sent while the link was down: lost */ \
	X(tx_bad)		/* frames that could not be sent: short, bad offload request, failed DMA */ \
	X(tx_desc)		/* transmit descriptors completed */ \
	X(doorbells)		/* transmit doorbell writes */ \
	X(rx_offered)		/* frames that came from the wire */ \
	X(rx)			/* frames put into the ring whole, those marked bad included */ \
	X(rx_bad)		/* of these, marked RxRES */ \
	X(rx_desc)		/* receive descriptors completed */ \
	X(rx_drop_off)		/* receiver off, or no link */ \
	X(rx_drop_size)		/* not of 14 to 16000 bytes */ \
	X(rx_drop_filter)	/* not for this address */ \
	X(rx_drop_fault)	/* lost by rx_drop or rx_fifo_over */ \
	X(rx_drop_fifo)		/* no descriptor and the FIFO full */ \
	X(rx_drop_ring)		/* unusable descriptors, or failed DMA */ \
	X(rx_drop_reset)	/* in the FIFO when the chip was reset */ \
	X(irq)			/* interrupts raised */ \
	X(irq_dropped)		/* swallowed by irq_drop */ \
	X(mmio_reads)		/* register reads, without this window's */ \
	X(mmio_writes)		/* register writes, without this window's */ \
	X(violations)		/* of the guard, all kinds */

#define RTL_ENUM_FAULT(name)		RTL_FAULT_##name,
#define RTL_ENUM_STAT(name)		RTL_STAT_##name,
#define RTL_ENUM_VIOLATION(name)	RTL_VIOLATION_##name,
enum rtl_fault { RTL_FAULTS(RTL_ENUM_FAULT) RTL_FAULT_MAX };
enum rtl_stat { RTL_STATS(RTL_ENUM_STAT) RTL_STAT_MAX };
enum rtl_violation { RTL_VIOLATIONS(RTL_ENUM_VIOLATION) RTL_VIOLATION_MAX };

#endif /* RTL_GUARD_H */
