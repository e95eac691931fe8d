/* SPDX-License-Identifier: MIT */
/*
 * The test window of the software ptnet device: BAR 5 of the PCI function, 4 KiB of 32-bit little-endian registers. No
 * hypervisor has it. Shared by the model and by test programs that run in the guest (they mmap
 * /sys/bus/pci/devices/<address>/resource5), so it uses nothing but the preprocessor.
 *
 * Through it a test makes the host lie: wrong values of registers, impossible positions in the CSB, broken slots.
 */
#ifndef PT_WINDOW_H
#define PT_WINDOW_H

#define PT_WINDOW_BAR		5
#define PT_WINDOW_SIZE		0x1000

#define PT_WINDOW_MAGIC		0x000	/* RO: PT_WINDOW_MAGIC_VALUE */
#define PT_WINDOW_COMMAND	0x004	/* WO: a PT_CMD_*, done when the write returns */
#define PT_WINDOW_ARG(i)	(0x010 + 4 * (i))	/* RW: four arguments */
#define PT_WINDOW_STAT(stat)	(0x100 + 4 * (stat))	/* RO: PT_STAT_*, low 32 bits */

#define PT_WINDOW_MAGIC_VALUE	0x574e5450	/* "PTNW" */

#define PT_CMD_LIE		1	/* register ARG0 reads as ARG1 from now on */
#define PT_CMD_HONEST		2	/* no register lies any more */
#define PT_CMD_POSITIONS	3	/* CSB of ring ARG0 (TX first): hwcur ARG1, hwtail ARG2; and an interrupt */
#define PT_CMD_RESTORE		4	/* CSB of ring ARG0: the true positions; and an interrupt */
#define PT_CMD_BAD_LEN		5	/* the next ARG0 received slots have a length of 65535 */
#define PT_CMD_BAD_BUF		6	/* the next ARG0 received slots have buffer ARG1 */
#define PT_CMD_HOLD		7	/* ARG0 1: TX slots are not taken until ARG0 0 */
#define PT_CMD_MEM_LIE		8	/* as LIE, for the registers of the memory device */
#define PT_CMD_MEM_HONEST	9
#define PT_CMD_START_AT		10	/* the next CREATE starts ring ARG0 with hwcur ARG1, hwtail ARG2 in the CSB */

/* Counters since power on. */
#define PT_STATS(X) \
	X(tx)			/* frames from the guest, segments counted as one */ \
	X(tx_wire)		/* frames put on the wire */ \
	X(tx_csum)		/* of the former, checksums filled in */ \
	X(tx_gso)		/* of the former, cut into segments */ \
	X(tx_bad)		/* that could not be sent: fragments, header, length */ \
	X(rx)			/* frames given to the guest */ \
	X(rx_slots)		/* slots they took */ \
	X(rx_drop_off)		/* the guest has no backend running */ \
	X(rx_drop_room)		/* no room, on a direct wire */ \
	X(rx_wait)		/* no room: frame left with the network */ \
	X(kicks)		/* writes to kick registers */ \
	X(irqs)			/* interrupts raised */ \
	X(creates)		/* CREATE commands that were obeyed */ \
	X(deletes)		/* DELETE commands that were obeyed */ \
	X(violations)		/* the guest broke the protocol: see PT_VIOLATION_* */

/*
 * What counts as a violation: impossible positions of the guest; a slot with a buffer that is none, or a length beyond
 * it; CREATE without CSB, or twice; writes to read-only registers; accesses that are not 32 bit.
 */
#define PT_ENUM_STAT(name)	PT_STAT_##name,
enum pt_stat { PT_STATS(PT_ENUM_STAT) PT_STAT_MAX };

#endif /* PT_WINDOW_H */
