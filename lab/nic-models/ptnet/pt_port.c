// SPDX-License-Identifier: MIT
/* A port: its layout in the region, its registers, its test window. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "pt_port.h"

static const char *const stat_names[PT_STAT_MAX] = {
#define NAME(name)	#name,
	PT_STATS(NAME)
};

const char *pt_stat_name(unsigned int stat)
{
	return stat_names[stat];
}

static uint32_t num_rings(const struct pt_port *port)
{
	return port->config.tx_rings + port->config.rx_rings;
}

/* A ring object for entry e of the description; slots with buffers of their own. */
static struct netmap_ring *new_ring(struct pt_port *port, uint32_t e, bool tx, uint32_t id)
{
	struct pt_memory *mem = port->mem;
	const struct pt_pool *rings = &mem->pools[PT_POOL_RING], *bufs = &mem->pools[PT_POOL_BUF];
	struct netmap_if *nifp = (void *)(mem->base + port->nifp_ofs);
	int64_t i = pt_pool_take(mem, PT_POOL_RING);
	struct netmap_ring *ring;
	uint32_t ofs;

	if (i < 0)
		return NULL;
	ofs = rings->ofs + i * rings->size;
	ring = (void *)(mem->base + ofs);
	memset(ring, 0, rings->size);
	*(int64_t *)&ring->buf_ofs = (int64_t)bufs->ofs - ofs;
	*(uint32_t *)&ring->num_slots = port->config.slots;
	*(uint32_t *)&ring->nr_buf_size = bufs->size;
	*(uint16_t *)&ring->ringid = id;
	*(uint16_t *)&ring->dir = tx;
	for (uint32_t s = 0; s < port->config.slots; s++) {
		int64_t idx = pt_pool_take(mem, PT_POOL_BUF);

		if (idx < 0)
			return NULL;
		ring->slot[s].buf_idx = idx;
		ring->slot[s].len = bufs->size;
	}
	*(ssize_t *)&nifp->ring_ofs[e] = (ssize_t)ofs - port->nifp_ofs;
	return ring;
}

/* TX rings, host TX ring, RX rings, host RX ring: one host entry each, with a ring or without. */
static bool lay_out(struct pt_port *port)
{
	uint32_t tx = port->config.tx_rings, rx = port->config.rx_rings;
	int64_t i = pt_pool_take(port->mem, PT_POOL_IF);
	struct netmap_if *nifp;

	if (i < 0)
		return false;
	port->nifp_ofs = port->mem->pools[PT_POOL_IF].ofs + i * PT_IF_SIZE;
	nifp = (void *)(port->mem->base + port->nifp_ofs);
	memset(nifp, 0, PT_IF_SIZE);
	memcpy((char *)nifp->ni_name, "host:port", 10);
	*(uint32_t *)&nifp->ni_tx_rings = tx;
	*(uint32_t *)&nifp->ni_rx_rings = rx;
	*(uint32_t *)&nifp->ni_host_tx_rings = 1;
	*(uint32_t *)&nifp->ni_host_rx_rings = 1;
	for (uint32_t k = 0; k < tx + rx; k++) {
		struct pt_ring *r = &port->rings[k];

		r->tx = k < tx;
		r->slots = port->config.slots;
		r->ring = new_ring(port, r->tx ? k : k + 1, r->tx, r->tx ? k : k - tx);
		r->own = calloc(r->slots, sizeof(*r->own));
		if (!r->ring || !r->own)
			return false;
		for (uint32_t s = 0; s < r->slots; s++)
			r->own[s] = r->ring->slot[s].buf_idx;
		pt_ring_lay_out(port, r);
	}
	return !port->config.host_rings ||
	       (new_ring(port, tx, true, tx) && new_ring(port, tx + 1 + rx, false, rx));
}

/* False for a configuration that is none, or that does not fit in the region. */
bool pt_port_init(struct pt_port *port, struct pt_memory *mem, const struct pt_ops *ops, void *host,
		  const struct pt_config *config)
{
	memset(port, 0, sizeof(*port));
	port->ops = ops;
	port->host = host;
	port->mem = mem;
	port->config = *config;
	if (!config->tx_rings || !config->rx_rings || num_rings(port) > PT_MAX_RINGS || config->slots < 4 ||
	    config->slots > 1024)
		return false;
	return lay_out(port);
}

void pt_port_exit(struct pt_port *port)
{
	for (uint32_t k = 0; k < num_rings(port); k++)
		free(port->rings[k].own);
}

/* Power on, or a reset of the bus: the port is as new. */
void pt_port_reset(struct pt_port *port)
{
	port->running = port->hold = false;
	port->features = port->vnet_len = port->status = 0;
	memset(port->csb_regs, 0, sizeof(port->csb_regs));
	memset(&port->lies, 0, sizeof(port->lies));
	for (uint32_t k = 0; k < num_rings(port); k++)
		pt_ring_lay_out(port, &port->rings[k]);
}

static void violation(struct pt_port *port)
{
	port->stats[PT_STAT_violations]++;
}

static uint32_t create(struct pt_port *port)
{
	uint64_t gh = (uint64_t)port->csb_regs[0] << 32 | port->csb_regs[1];
	uint64_t hg = (uint64_t)port->csb_regs[2] << 32 | port->csb_regs[3];

	if (port->running || !gh || !hg || gh % 64 || hg % 64) {
		violation(port);
		return port->running ? EBUSY : EINVAL;
	}
	port->csb_gh = gh;
	port->csb_hg = hg;
	port->running = true;
	port->stats[PT_STAT_creates]++;
	for (uint32_t k = 0; k < num_rings(port); k++)
		pt_ring_start(port, k);
	return 0;
}

static uint32_t delete(struct pt_port *port)
{
	if (!port->running)
		return EINVAL;
	port->running = false;
	port->stats[PT_STAT_deletes]++;
	return 0;
}

static uint32_t command(struct pt_port *port, uint32_t value)
{
	switch (value) {
	case PTNETMAP_PTCTL_CREATE:
		return create(port);
	case PTNETMAP_PTCTL_DELETE:
		return delete(port);
	}
	violation(port);
	return EINVAL;
}

uint32_t pt_port_read(struct pt_port *port, uint32_t addr)
{
	const uint8_t *mac = port->config.mac;
	uint32_t value;

	if (pt_lies_tell(&port->lies, addr, &value))
		return value;
	switch (addr) {
	case PTNET_IO_PTFEAT:
		return port->features;
	case PTNET_IO_PTCTL:
		return port->status;
	case PTNET_IO_MAC_LO:
		return (uint32_t)mac[2] << 24 | mac[3] << 16 | mac[4] << 8 | mac[5];
	case PTNET_IO_MAC_HI:
		return mac[0] << 8 | mac[1];
	case PTNET_IO_NIFP_OFS:
		return port->nifp_ofs;
	case PTNET_IO_NUM_TX_RINGS:
		return port->config.tx_rings;
	case PTNET_IO_NUM_RX_RINGS:
		return port->config.rx_rings;
	case PTNET_IO_NUM_TX_SLOTS:
	case PTNET_IO_NUM_RX_SLOTS:
		return port->config.slots;
	case PTNET_IO_VNET_HDR_LEN:
		return port->vnet_len;
	case PTNET_IO_HOSTMEMID:
		return port->mem->id;
	}
	return 0;
}

void pt_port_write(struct pt_port *port, uint32_t addr, uint32_t value)
{
	uint32_t ring = (addr - PTNET_IO_KICK_BASE) / 4;

	if (addr >= PTNET_IO_KICK_BASE && ring < num_rings(port)) {
		port->stats[PT_STAT_kicks]++;
		if (port->running)
			pt_ring_kicked(port, ring);
		return;
	}
	switch (addr) {
	case PTNET_IO_PTFEAT:
		port->features = port->config.vnet ? value & PTNETMAP_F_VNET_HDR : 0;
		break;
	case PTNET_IO_PTCTL:
		port->status = command(port, value);
		break;
	case PTNET_IO_VNET_HDR_LEN:
		if (value == 0 || (value == PT_VNET_LEN && port->features & PTNETMAP_F_VNET_HDR))
			port->vnet_len = value;
		else
			violation(port);
		break;
	case PTNET_IO_CSB_GH_BAH:
	case PTNET_IO_CSB_GH_BAL:
	case PTNET_IO_CSB_HG_BAH:
	case PTNET_IO_CSB_HG_BAL:
		port->csb_regs[(addr - PTNET_IO_CSB_GH_BAH) / 4] = value;
		break;
	default:
		violation(port);
	}
}

/* Goes on with rings that had more to do than one kick may take. */
void pt_port_run(struct pt_port *port)
{
	for (uint32_t k = 0; port->running && k < port->config.tx_rings; k++)
		pt_ring_kicked(port, k);
}

uint32_t pt_window_read(struct pt_port *port, uint32_t addr)
{
	if (addr == PT_WINDOW_MAGIC)
		return PT_WINDOW_MAGIC_VALUE;
	if (addr >= PT_WINDOW_ARG(0) && addr < PT_WINDOW_ARG(4))
		return port->args[(addr - PT_WINDOW_ARG(0)) / 4];
	if (addr >= PT_WINDOW_STAT(0) && addr < PT_WINDOW_STAT(PT_STAT_MAX))
		return port->stats[(addr - PT_WINDOW_STAT(0)) / 4];
	return 0;
}

static void window_command(struct pt_port *port, uint32_t value)
{
	const uint32_t *args = port->args;
	bool ring = args[0] < num_rings(port);

	switch (value) {
	case PT_CMD_LIE:
		pt_lies_add(&port->lies, args[0], args[1]);
		break;
	case PT_CMD_HONEST:
		memset(&port->lies, 0, sizeof(port->lies));
		break;
	case PT_CMD_MEM_LIE:
		pt_lies_add(&port->mem->lies, args[0], args[1]);
		break;
	case PT_CMD_MEM_HONEST:
		memset(&port->mem->lies, 0, sizeof(port->mem->lies));
		break;
	case PT_CMD_POSITIONS:
		if (ring && port->running)
			pt_ring_lie(port, args[0], args[1], args[2]);
		break;
	case PT_CMD_RESTORE:
		if (ring && port->running)
			pt_ring_lie(port, args[0], port->rings[args[0]].hwcur, port->rings[args[0]].hwtail);
		break;
	case PT_CMD_START_AT:
		if (ring) {
			port->rings[args[0]].start_at.on = true;
			port->rings[args[0]].start_at.hwcur = args[1];
			port->rings[args[0]].start_at.hwtail = args[2];
		}
		break;
	case PT_CMD_BAD_LEN:
		port->bad_len = args[0];
		break;
	case PT_CMD_BAD_BUF:
		port->bad_buf = args[0];
		port->bad_buf_idx = args[1];
		break;
	case PT_CMD_HOLD:
		port->hold = args[0];
		if (!port->hold)
			pt_port_run(port);
		break;
	}
}

void pt_window_write(struct pt_port *port, uint32_t addr, uint32_t value)
{
	if (addr == PT_WINDOW_COMMAND)
		window_command(port, value);
	else if (addr >= PT_WINDOW_ARG(0) && addr < PT_WINDOW_ARG(4))
		port->args[(addr - PT_WINDOW_ARG(0)) / 4] = value;
}
