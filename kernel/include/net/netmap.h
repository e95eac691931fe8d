/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Public interface of /dev/netmap: the structures that kernel and programs
 * share through mmap(), and the requests of ioctl(NIOCCTRL). API version 14.
 *
 * On Linux the includer provides the fixed-width integers, struct timeval,
 * IFNAMSIZ, ssize_t and the _IO() macros; <net/netmap_user.h> does it all.
 *
 * Offsets and sizes are part of the binary interface and are checked against
 * the table of the specification when the module and the library are built.
 */
#ifndef _NET_NETMAP_H_
#define _NET_NETMAP_H_

#define NETMAP_API 14 /* current version */
#define NETMAP_MIN_API 14 /* oldest and newest version accepted */
#define NETMAP_MAX_API 15

#define NM_CACHE_ALIGN 128 /* keeps rings and their slots off shared lines */

#define NETMAP_REQ_IFNAMSIZ 64
#define NETMAP_REQ_MAXSIZE 4096 /* request body plus options, bytes */
#define NETMAP_MAX_FRAGS 64 /* slots of one packet at most */
#define NM_BDG_NAME "vale" /* prefix of the names of switch ports */
#define NM_IFRDATA_LEN 256

/*
 * A slot describes one buffer of a ring. 16 bytes.
 */
struct netmap_slot {
	uint32_t buf_idx; /* buffer index; 0 and 1 are reserved */
	uint16_t len; /* bytes in this buffer */
	uint16_t flags; /* NS_* */
	uint64_t ptr; /* user address (NS_INDIRECT) or offset */
};

/* The user stored another buf_idx, or the kernel exchanged the buffer. */
#define NS_BUF_CHANGED 0x0001
/* TX: report the completion of this slot promptly. */
#define NS_REPORT 0x0002
/* RX, ring in NR_FORWARD mode: pass the packet on when it is released. */
#define NS_FORWARD 0x0004
/* Accepted and ignored. */
#define NS_NO_LEARN 0x0008
/* VALE TX: the payload is at the user address in ptr. */
#define NS_INDIRECT 0x0010
/* The packet continues in the next slot. */
#define NS_MOREFRAG 0x0020
/* Monitor RX: this packet was captured while it was sent. */
#define NS_TXMON 0x0040
/* VALE RX: number of slots of the packet. */
#define NS_PORT_SHIFT 8
#define NS_PORT_MASK (0xff << NS_PORT_SHIFT)
#define NS_RFRAGS(_slot) (((_slot)->flags >> 8) & 0xff)

/*
 * A ring. TX: the user owns [head, tail), fills slots and advances head.
 * RX: the user owns [head, tail), consumes slots and advances head. cur is
 * the point at which poll() wakes up, head <= cur <= tail (circular). Only
 * the user writes head, cur and flags, only the kernel writes tail.
 */
struct netmap_ring {
	const int64_t buf_ofs; /* bytes from here to buffer 0 */
	const uint32_t num_slots;
	const uint32_t nr_buf_size; /* bytes per buffer */
	const uint16_t ringid;
	const uint16_t dir; /* 1 TX, 0 RX */

	uint32_t head;
	uint32_t cur;
	uint32_t tail;

	uint32_t flags; /* NR_TIMESTAMP, NR_FORWARD */

	struct timeval ts; /* wall clock of the last RX sync */

	const uint64_t offset_mask; /* bits of slot.ptr that hold an offset */
	const uint64_t buf_align; /* alignment of packets, 0 = any */

	/* never touched by the kernel; also aligns the slots */
	__attribute__((__aligned__(NM_CACHE_ALIGN))) uint8_t sem[128];

	struct netmap_slot slot[];
};

#define NR_TIMESTAMP 0x0002 /* set ts at each RX sync */
#define NR_FORWARD 0x0004 /* enable NS_FORWARD on this RX ring */

/* 1 if the user owns no slot of the ring. */
static inline int nm_ring_empty(struct netmap_ring *ring)
{
	return ring->head == ring->tail;
}

/*
 * What a program finds at nr_offset of the mapped memory: where the rings
 * bound to its descriptor are. ring_ofs[] lists the NIC TX rings, the host
 * TX rings, the NIC RX rings and the host RX rings, as byte offsets from
 * this structure; 0 = not bound.
 */
struct netmap_if {
	char ni_name[IFNAMSIZ];
	const uint32_t ni_version;
	const uint32_t ni_flags; /* NI_* */
	const uint32_t ni_tx_rings;
	const uint32_t ni_rx_rings;
	uint32_t ni_bufs_head; /* first extra buffer, 0 = none */
	const uint32_t ni_host_tx_rings; /* at least 1, even without any */
	const uint32_t ni_host_rx_rings;
	uint32_t ni_spare1[3];
	const ssize_t ring_ofs[];
};

#define NI_PRIV_MEM 0x1 /* the memory is private to this port */

/*
 * Control requests: a header, a body that depends on nr_reqtype, and a list
 * of options.
 */
struct nmreq_header {
	uint16_t nr_version; /* NETMAP_API */
	uint16_t nr_reqtype; /* NETMAP_REQ_* */
	uint32_t nr_reserved; /* 0 */
	char nr_name[NETMAP_REQ_IFNAMSIZ];
	uint64_t nr_options; /* struct nmreq_option *, or 0 */
	uint64_t nr_body; /* body of the request, or 0 */
};

enum {
	NETMAP_REQ_REGISTER = 1, /* struct nmreq_register */
	NETMAP_REQ_PORT_INFO_GET, /* struct nmreq_port_info_get */
	NETMAP_REQ_VALE_ATTACH, /* struct nmreq_vale_attach */
	NETMAP_REQ_VALE_DETACH, /* struct nmreq_vale_detach */
	NETMAP_REQ_VALE_LIST, /* struct nmreq_vale_list */
	NETMAP_REQ_PORT_HDR_SET, /* struct nmreq_port_hdr */
	NETMAP_REQ_PORT_HDR_GET, /* struct nmreq_port_hdr */
	NETMAP_REQ_VALE_NEWIF, /* struct nmreq_vale_newif */
	NETMAP_REQ_VALE_DELIF, /* no body */
	NETMAP_REQ_VALE_POLLING_ENABLE, /* struct nmreq_vale_polling */
	NETMAP_REQ_VALE_POLLING_DISABLE, /* struct nmreq_vale_polling */
	NETMAP_REQ_POOLS_INFO_GET, /* struct nmreq_pools_info */
	NETMAP_REQ_SYNC_KLOOP_START, /* struct nmreq_sync_kloop_start */
	NETMAP_REQ_SYNC_KLOOP_STOP, /* no body */
	NETMAP_REQ_CSB_ENABLE, /* no body */
};

struct nmreq_option {
	uint64_t nro_next; /* struct nmreq_option *, or 0 */
	uint32_t nro_reqtype; /* NETMAP_REQ_OPT_* */
	uint32_t nro_status; /* out: 0 or an errno */
	uint64_t nro_size; /* whole option, for those of variable size */
};

enum {
	NETMAP_REQ_OPT_EXTMEM = 1, /* struct nmreq_opt_extmem */
	NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS,
	NETMAP_REQ_OPT_CSB, /* struct nmreq_opt_csb */
	NETMAP_REQ_OPT_SYNC_KLOOP_MODE,
	NETMAP_REQ_OPT_OFFSETS, /* struct nmreq_opt_offsets */
	NETMAP_REQ_OPT_MAX,
};

/* Binds the descriptor to rings of a port. */
struct nmreq_register {
	uint64_t nr_offset; /* out: of struct netmap_if in the memory */
	uint64_t nr_memsize; /* out: bytes to map */
	uint32_t nr_tx_slots; /* in/out: slots per ring */
	uint32_t nr_rx_slots;
	uint16_t nr_tx_rings; /* in/out: rings */
	uint16_t nr_rx_rings;
	uint16_t nr_host_tx_rings;
	uint16_t nr_host_rx_rings;
	uint16_t nr_mem_id; /* in/out: memory region, 0 = choose */
	uint16_t nr_ringid; /* in: for the modes with ONE */
	uint32_t nr_mode; /* in: NR_REG_* */
	uint32_t nr_extra_bufs; /* in: wanted, out: granted */
	uint64_t nr_flags; /* in: NR_* below */
};

/* nr_mode: which rings */
enum {
	NR_REG_DEFAULT = 0, /* legacy requests only */
	NR_REG_ALL_NIC = 1,
	NR_REG_SW = 2,
	NR_REG_NIC_SW = 3,
	NR_REG_ONE_NIC = 4,
	NR_REG_PIPE_MASTER = 5, /* legacy requests only */
	NR_REG_PIPE_SLAVE = 6, /* legacy requests only */
	NR_REG_NULL = 7,
	NR_REG_ONE_SW = 8,
};

/* nr_flags */
#define NR_MONITOR_TX 0x100
#define NR_MONITOR_RX 0x200
#define NR_ZCOPY_MON 0x400
#define NR_EXCLUSIVE 0x800
#define NR_RX_RINGS_ONLY 0x2000
#define NR_TX_RINGS_ONLY 0x4000
#define NR_ACCEPT_VNET_HDR 0x8000
#define NR_DO_RX_POLL 0x10000 /* accepted, no effect */
#define NR_NO_TX_POLL 0x20000

struct nmreq_port_info_get {
	uint64_t nr_memsize;
	uint32_t nr_tx_slots;
	uint32_t nr_rx_slots;
	uint16_t nr_tx_rings;
	uint16_t nr_rx_rings;
	uint16_t nr_host_tx_rings;
	uint16_t nr_host_rx_rings;
	uint16_t nr_mem_id;
	uint16_t pad[3];
};

struct nmreq_vale_attach {
	struct nmreq_register reg;
	uint32_t port_index; /* out */
	uint32_t pad1;
};

struct nmreq_vale_detach {
	uint32_t port_index; /* out */
	uint32_t pad1;
};

struct nmreq_vale_list {
	uint16_t nr_bridge_idx; /* in/out */
	uint16_t pad1;
	uint32_t nr_port_idx; /* in/out */
};

struct nmreq_port_hdr {
	uint32_t nr_hdr_len; /* 0, 10 or 12 */
	uint32_t pad1;
};

struct nmreq_vale_newif {
	uint32_t nr_tx_slots;
	uint32_t nr_rx_slots;
	uint16_t nr_tx_rings;
	uint16_t nr_rx_rings;
	uint16_t nr_mem_id;
	uint16_t pad1;
};

struct nmreq_vale_polling {
	uint32_t nr_mode; /* NETMAP_POLLING_MODE_* */
#define NETMAP_POLLING_MODE_SINGLE_CPU 1
#define NETMAP_POLLING_MODE_MULTI_CPU 2
	uint32_t nr_first_cpu_id;
	uint32_t nr_num_polling_cpus;
	uint32_t pad1;
};

struct nmreq_pools_info {
	uint64_t nr_memsize;
	uint16_t nr_mem_id;
	uint16_t pad1[3];
	uint64_t nr_if_pool_offset;
	uint32_t nr_if_pool_objtotal;
	uint32_t nr_if_pool_objsize;
	uint64_t nr_ring_pool_offset;
	uint32_t nr_ring_pool_objtotal;
	uint32_t nr_ring_pool_objsize;
	uint64_t nr_buf_pool_offset;
	uint32_t nr_buf_pool_objtotal;
	uint32_t nr_buf_pool_objsize;
};

struct nmreq_sync_kloop_start {
	uint32_t sleep_us; /* 0..1000000 */
	uint32_t pad1;
};

struct nmreq_opt_extmem {
	struct nmreq_option nro_opt;
	uint64_t nro_usrptr; /* memory of the program */
	struct nmreq_pools_info nro_info; /* wanted geometry */
};

struct nmreq_opt_sync_kloop_eventfds {
	struct nmreq_option nro_opt;
	/* one entry per bound ring, TX rings first */
	struct {
		int32_t ioeventfd; /* the program kicks the kernel */
		int32_t irqfd; /* the kernel notifies the program */
	} eventfds[];
};

struct nmreq_opt_csb {
	struct nmreq_option nro_opt;
	uint64_t csb_atok; /* struct nm_csb_atok[], one per bound ring */
	uint64_t csb_ktoa; /* struct nm_csb_ktoa[], same */
};

struct nmreq_opt_sync_kloop_mode {
	struct nmreq_option nro_opt;
	uint32_t mode;
#define NM_OPT_SYNC_KLOOP_DIRECT_TX 0x1
#define NM_OPT_SYNC_KLOOP_DIRECT_RX 0x2
};

struct nmreq_opt_offsets {
	struct nmreq_option nro_opt;
	uint64_t nro_max_offset; /* in/out, bytes */
	uint64_t nro_initial_offset; /* written into all slots if not 0 */
	uint32_t nro_offset_bits; /* low bits of slot.ptr, 0 = 64 */
	uint32_t nro_tx_align; /* accepted, no effect */
	uint64_t nro_min_gap; /* bytes kept free after a packet */
};

/*
 * In CSB mode these entries, one per bound ring, stand for head, cur and
 * tail of the mapped ring. Application to kernel, then kernel to application.
 */
struct nm_csb_atok {
	uint32_t head;
	uint32_t cur;
	uint32_t appl_need_kick;
	uint32_t sync_flags;
	uint32_t pad[12];
};

struct nm_csb_ktoa {
	uint32_t hwcur;
	uint32_t hwtail;
	uint32_t kern_need_kick;
	uint32_t pad[13];
};

#ifdef __KERNEL__
#define nm_stst_barrier smp_wmb
#define nm_ldld_barrier smp_rmb
#define nm_stld_barrier smp_mb
#define nm_csb_load(_x) READ_ONCE(_x)
#define nm_csb_store(_x, _v) WRITE_ONCE(_x, _v)
#else /* !__KERNEL__ */
#define nm_csb_load(_x) (*(const volatile __typeof__(_x) *)&(_x))
#define nm_csb_store(_x, _v) (*(volatile __typeof__(_x) *)&(_x) = (_v))
static inline void nm_stst_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void nm_ldld_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}
#endif /* !__KERNEL__ */

/*
 * Publishes cur and head. The first barrier orders the slots before them; the
 * kernel reads head before cur, so cur must be visible first.
 */
static inline void nm_sync_kloop_appl_write(struct nm_csb_atok *atok,
					    uint32_t cur, uint32_t head)
{
	nm_stst_barrier();
	nm_csb_store(atok->cur, cur);
	nm_stst_barrier();
	nm_csb_store(atok->head, head);
}

/* Reads the kernel's positions, in the order opposite to their publication. */
static inline void nm_sync_kloop_appl_read(struct nm_csb_ktoa *ktoa,
					   uint32_t *hwtail, uint32_t *hwcur)
{
	*hwtail = nm_csb_load(ktoa->hwtail);
	nm_ldld_barrier();
	*hwcur = nm_csb_load(ktoa->hwcur);
	nm_ldld_barrier();
}

/* Opaque message for the modules that implement a switch (NIOCCONFIG). */
struct nm_ifreq {
	char nifr_name[IFNAMSIZ];
	char data[NM_IFRDATA_LEN];
};

#define NIOCTXSYNC _IO('i', 148)
#define NIOCRXSYNC _IO('i', 149)
#define NIOCCONFIG _IOWR('i', 150, struct nm_ifreq)
#define NIOCCTRL _IOWR('i', 151, struct nmreq_header)

#include "netmap_legacy.h"

#endif /* _NET_NETMAP_H_ */
