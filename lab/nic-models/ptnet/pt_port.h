/* SPDX-License-Identifier: MIT */
/*
 * The host's side of netmap passthrough, independent of its emulator: a region of memory (pt_memory.c), ports with rings
 * in it that are driven through CSB arrays in the guest's memory (pt_port.c, pt_ring.c), and frames with virtio-net
 * headers (pt_frame.c). Its source are the register map and the protocol of kernel/include/net/netmap*.h.
 */
#ifndef PT_PORT_H
#define PT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <sys/time.h>
#include <sys/types.h>
#include <net/netmap.h>
#include <net/netmap_virt.h>

#include "pt_window.h"

#define PT_MAX_RINGS	32	/* kick registers */
#define PT_FRAME_MAX	(65536 + 64)
#define PT_IF_SIZE	1024
#define PT_BUF_SIZE	2048
#define PT_VNET_LEN	12

/* One pool of a region: objects of one size, given out once. */
struct pt_pool {
	uint32_t ofs, num, size, used;
};

enum { PT_POOL_IF, PT_POOL_RING, PT_POOL_BUF, PT_POOLS };

/* Registers that lie to the guest, by offset / 4. */
struct pt_lies {
	bool on[64];
	uint32_t value[64];
};

struct pt_memory {
	uint8_t *base;
	uint64_t size;
	uint32_t id;
	struct pt_pool pools[PT_POOLS];
	struct pt_lies lies;
};

struct pt_ring {
	struct netmap_ring *ring;	/* in the region */
	uint32_t *own;			/* the buffer of each slot, as laid out */
	uint32_t slots;
	bool tx;
	uint32_t head, cur;		/* of the guest, accepted */
	uint32_t hwcur, hwtail;
	struct { bool on; uint32_t hwcur, hwtail; } start_at;
};

struct pt_port;

struct pt_ops {
	/* guest memory; 0: done */
	int (*dma_read)(void *host, uint64_t addr, void *buf, uint32_t len);
	int (*dma_write)(void *host, uint64_t addr, const void *buf, uint32_t len);
	void (*irq)(void *host, uint32_t vector);
	/* a frame as the guest made it, with its header of port->vnet_len bytes */
	void (*transmit)(void *host, uint8_t *frame, uint32_t len);
	void (*room)(void *host);	/* frames that waited may be offered again */
	void (*later)(void *host);	/* call pt_port_run() soon */
};

struct pt_config {
	uint32_t tx_rings, rx_rings, slots;
	bool vnet, host_rings;
	uint8_t mac[6];
};

struct pt_port {
	const struct pt_ops *ops;
	void *host;
	struct pt_memory *mem;
	struct pt_config config;
	uint32_t nifp_ofs;
	uint32_t features, vnet_len;
	uint32_t csb_regs[4];		/* GH high, GH low, HG high, HG low */
	uint64_t csb_gh, csb_hg;	/* while running */
	bool running, hold;
	uint32_t status;		/* of the last command */
	uint32_t bad_len, bad_buf, bad_buf_idx;
	uint32_t args[4];
	struct pt_lies lies;
	struct pt_ring rings[PT_MAX_RINGS];	/* TX, then RX */
	uint64_t stats[PT_STAT_MAX];
	uint8_t frame[PT_FRAME_MAX];
};

/* pt_memory.c */
bool pt_memory_init(struct pt_memory *mem, uint8_t *base, uint64_t size, uint32_t id);
uint32_t pt_memory_read(const struct pt_memory *mem, uint32_t addr);
int64_t pt_pool_take(struct pt_memory *mem, int pool);
uint8_t *pt_memory_buf(struct pt_memory *mem, uint32_t idx);
bool pt_lies_tell(const struct pt_lies *lies, uint32_t addr, uint32_t *value);
void pt_lies_add(struct pt_lies *lies, uint32_t addr, uint32_t value);

/* pt_port.c */
bool pt_port_init(struct pt_port *port, struct pt_memory *mem, const struct pt_ops *ops, void *host,
		  const struct pt_config *config);
void pt_port_exit(struct pt_port *port);
void pt_port_reset(struct pt_port *port);
uint32_t pt_port_read(struct pt_port *port, uint32_t addr);
void pt_port_write(struct pt_port *port, uint32_t addr, uint32_t value);
uint32_t pt_window_read(struct pt_port *port, uint32_t addr);
void pt_window_write(struct pt_port *port, uint32_t addr, uint32_t value);
void pt_port_run(struct pt_port *port);
const char *pt_stat_name(unsigned int stat);

/* pt_ring.c */
void pt_ring_lay_out(struct pt_port *port, struct pt_ring *r);
void pt_ring_start(struct pt_port *port, uint32_t k);
void pt_ring_publish(struct pt_port *port, uint32_t k);
void pt_ring_lie(struct pt_port *port, uint32_t k, uint32_t hwcur, uint32_t hwtail);
void pt_ring_kicked(struct pt_port *port, uint32_t k);
int pt_port_receive(struct pt_port *port, const uint8_t *frame, uint32_t len, uint32_t vnet_len);

/* pt_frame.c */
typedef void (*pt_emit)(void *arg, const uint8_t *frame, uint32_t len);
bool pt_frame_finish(struct pt_port *port, uint8_t *frame, uint32_t len, pt_emit emit, void *arg);

#endif /* PT_PORT_H */
