// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The control interface of programs built before NIOCCTRL: struct nmreq is
 * converted to a request of today, and its results back.
 */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core.h"
#include "ports/ports.h"

/* struct nmreq has all bodies in one: so has its conversion */
union nm_legacy_body {
	struct nmreq_register reg;
	struct nmreq_port_info_get info;
	struct nmreq_vale_attach attach;
	struct nmreq_vale_detach detach;
	struct nmreq_vale_list list;
	struct nmreq_port_hdr port_hdr;
	struct nmreq_vale_newif newif;
	struct nmreq_vale_polling polling;
};

static u32 nm_legacy_mode(const struct nmreq *nmr)
{
	if (nmr->nr_flags & NR_REG_MASK)
		return nmr->nr_flags & NR_REG_MASK;
	if (nmr->nr_ringid & NETMAP_SW_RING)
		return NR_REG_SW;
	if (nmr->nr_ringid & NETMAP_HW_RING)
		return NR_REG_ONE_NIC;
	return NR_REG_ALL_NIC;
}

static void nm_legacy_register_in(const struct nmreq *nmr,
				  struct nmreq_register *reg)
{
	reg->nr_offset = nmr->nr_offset;
	reg->nr_memsize = nmr->nr_memsize;
	reg->nr_tx_slots = nmr->nr_tx_slots;
	reg->nr_rx_slots = nmr->nr_rx_slots;
	reg->nr_tx_rings = nmr->nr_tx_rings;
	reg->nr_rx_rings = nmr->nr_rx_rings;
	reg->nr_mem_id = nmr->nr_arg2;
	reg->nr_ringid = nmr->nr_ringid & NETMAP_RING_MASK;
	reg->nr_mode = nm_legacy_mode(nmr);
	reg->nr_extra_bufs = nmr->nr_arg3;
	reg->nr_flags = nmr->nr_flags & ~NR_REG_MASK;
	if (nmr->nr_ringid & NETMAP_NO_TX_POLL)
		reg->nr_flags |= NR_NO_TX_POLL;
	if (nmr->nr_ringid & NETMAP_DO_RX_POLL)
		reg->nr_flags |= NR_DO_RX_POLL;
}

/* The ends of pipes had no names of their own: "{3" is mode and ring id. */
static int nm_legacy_pipe_in(struct nmreq_header *hdr, struct nmreq_register *reg)
{
	size_t len = strlen(hdr->nr_name), room = sizeof(hdr->nr_name) - len;

	if (reg->nr_mode != NR_REG_PIPE_MASTER && reg->nr_mode != NR_REG_PIPE_SLAVE)
		return 0;
	if (snprintf(hdr->nr_name + len, room, "%c%u",
		     reg->nr_mode == NR_REG_PIPE_MASTER ? '{' : '}',
		     reg->nr_ringid) >= room)
		return -ENOMEM;
	reg->nr_mode = NR_REG_ALL_NIC;
	reg->nr_ringid = 0;
	return 0;
}

static void nm_legacy_register_out(struct nmreq *nmr,
				   const struct nmreq_register *reg)
{
	nmr->nr_offset = reg->nr_offset;
	nmr->nr_memsize = reg->nr_memsize;
	nmr->nr_tx_slots = reg->nr_tx_slots;
	nmr->nr_rx_slots = reg->nr_rx_slots;
	nmr->nr_tx_rings = reg->nr_tx_rings;
	nmr->nr_rx_rings = reg->nr_rx_rings;
	nmr->nr_arg2 = reg->nr_mem_id;
	nmr->nr_arg3 = reg->nr_extra_bufs;
}

static void nm_legacy_polling_in(const struct nmreq *nmr,
				 struct nmreq_vale_polling *polling)
{
	switch (nmr->nr_flags & NR_REG_MASK) {
	case NR_REG_ONE_NIC:
		polling->nr_mode = NETMAP_POLLING_MODE_MULTI_CPU;
		break;
	case NR_REG_ALL_NIC:
		polling->nr_mode = NETMAP_POLLING_MODE_SINGLE_CPU;
		break;
	}
	polling->nr_first_cpu_id = nmr->nr_ringid & NETMAP_RING_MASK;
	polling->nr_num_polling_cpus = nmr->nr_arg1;
}

static int nm_legacy_regif_in(const struct nmreq *nmr, struct nmreq_header *hdr,
			      union nm_legacy_body *body)
{
	switch (nmr->nr_cmd) {
	case 0:
		hdr->nr_reqtype = NETMAP_REQ_REGISTER;
		nm_legacy_register_in(nmr, &body->reg);
		return nm_legacy_pipe_in(hdr, &body->reg);
	case NETMAP_BDG_ATTACH:
		hdr->nr_reqtype = NETMAP_REQ_VALE_ATTACH;
		nm_legacy_register_in(nmr, &body->attach.reg);
		body->attach.reg.nr_mode = nmr->nr_arg1 & NETMAP_BDG_HOST ?
						   NR_REG_NIC_SW : NR_REG_ALL_NIC;
		return 0;
	case NETMAP_BDG_DETACH:
		hdr->nr_reqtype = NETMAP_REQ_VALE_DETACH;
		return 0;
	case NETMAP_BDG_VNET_HDR:
	case NETMAP_VNET_HDR_GET:
		hdr->nr_reqtype = nmr->nr_cmd == NETMAP_BDG_VNET_HDR ?
					  NETMAP_REQ_PORT_HDR_SET :
					  NETMAP_REQ_PORT_HDR_GET;
		body->port_hdr.nr_hdr_len = nmr->nr_arg1;
		return 0;
	case NETMAP_BDG_NEWIF:
		hdr->nr_reqtype = NETMAP_REQ_VALE_NEWIF;
		body->newif.nr_tx_slots = nmr->nr_tx_slots;
		body->newif.nr_rx_slots = nmr->nr_rx_slots;
		body->newif.nr_tx_rings = nmr->nr_tx_rings;
		body->newif.nr_rx_rings = nmr->nr_rx_rings;
		body->newif.nr_mem_id = nmr->nr_arg2;
		return 0;
	case NETMAP_BDG_DELIF:
		hdr->nr_reqtype = NETMAP_REQ_VALE_DELIF;
		return 0;
	case NETMAP_BDG_POLLING_ON:
	case NETMAP_BDG_POLLING_OFF:
		hdr->nr_reqtype = nmr->nr_cmd == NETMAP_BDG_POLLING_ON ?
					  NETMAP_REQ_VALE_POLLING_ENABLE :
					  NETMAP_REQ_VALE_POLLING_DISABLE;
		nm_legacy_polling_in(nmr, &body->polling);
		return 0;
	case NETMAP_PT_HOST_CREATE:
	case NETMAP_PT_HOST_DELETE:
		nm_prlim(2, "%s: passthrough of ports from a host is not supported",
			 hdr->nr_name);
		return -ENOMEM;
	}
	return -EINVAL;
}

static int nm_legacy_ginfo_in(const struct nmreq *nmr, struct nmreq_header *hdr,
			      union nm_legacy_body *body)
{
	if (nmr->nr_cmd == NETMAP_BDG_LIST) {
		hdr->nr_reqtype = NETMAP_REQ_VALE_LIST;
		body->list.nr_bridge_idx = nmr->nr_arg1;
		body->list.nr_port_idx = nmr->nr_arg2;
		return 0;
	}
	hdr->nr_reqtype = NETMAP_REQ_PORT_INFO_GET;
	body->info.nr_memsize = nmr->nr_memsize;
	body->info.nr_tx_slots = nmr->nr_tx_slots;
	body->info.nr_rx_slots = nmr->nr_rx_slots;
	body->info.nr_tx_rings = nmr->nr_tx_rings;
	body->info.nr_rx_rings = nmr->nr_rx_rings;
	body->info.nr_mem_id = nmr->nr_arg2;
	return 0;
}

static void nm_legacy_out(struct nmreq *nmr, const struct nmreq_header *hdr,
			  const union nm_legacy_body *body)
{
	switch (hdr->nr_reqtype) {
	case NETMAP_REQ_REGISTER:
	case NETMAP_REQ_VALE_ATTACH: /* begins with the same structure */
		nm_legacy_register_out(nmr, &body->reg);
		break;
	case NETMAP_REQ_PORT_INFO_GET:
		nmr->nr_memsize = body->info.nr_memsize;
		nmr->nr_tx_slots = body->info.nr_tx_slots;
		nmr->nr_rx_slots = body->info.nr_rx_slots;
		nmr->nr_tx_rings = body->info.nr_tx_rings;
		nmr->nr_rx_rings = body->info.nr_rx_rings;
		nmr->nr_arg2 = body->info.nr_mem_id;
		break;
	case NETMAP_REQ_VALE_LIST:
		strscpy(nmr->nr_name, hdr->nr_name, sizeof(nmr->nr_name));
		nmr->nr_arg1 = body->list.nr_bridge_idx;
		nmr->nr_arg2 = body->list.nr_port_idx;
		break;
	case NETMAP_REQ_PORT_HDR_SET:
	case NETMAP_REQ_PORT_HDR_GET:
		nmr->nr_arg1 = body->port_hdr.nr_hdr_len;
		break;
	case NETMAP_REQ_VALE_NEWIF:
		nmr->nr_tx_slots = body->newif.nr_tx_slots;
		nmr->nr_rx_slots = body->newif.nr_rx_slots;
		nmr->nr_tx_rings = body->newif.nr_tx_rings;
		nmr->nr_rx_rings = body->newif.nr_rx_rings;
		nmr->nr_arg2 = body->newif.nr_mem_id;
		break;
	}
}

static int nm_legacy_run(struct netmap_priv_d *priv, unsigned int cmd,
			 struct nmreq *nmr)
{
	union nm_legacy_body body = {};
	struct nm_request req = {
		.hdr.nr_version = NETMAP_API, .body = &body,
	};
	int error;

	nmr->nr_name[sizeof(nmr->nr_name) - 1] = '\0';
	if (nmr->nr_version < NETMAP_API) {
		nm_prlim(2, "API version %u asked for, this is %u",
			 nmr->nr_version, NETMAP_API);
		return -EINVAL;
	}
	INIT_LIST_HEAD(&req.options);
	strscpy(req.hdr.nr_name, nmr->nr_name, sizeof(nmr->nr_name));
	error = cmd == NIOCREGIF ? nm_legacy_regif_in(nmr, &req.hdr, &body) :
				   nm_legacy_ginfo_in(nmr, &req.hdr, &body);
	if (error)
		return error;
	error = nm_ctrl_run(priv, &req);
	if (!error)
		nm_legacy_out(nmr, &req.hdr, &body);
	return error;
}

/* NIOCCONFIG: for modules that give a switch a configuration callback. */
static long nm_legacy_config(void __user *arg)
{
	struct nm_ifreq *ifreq;
	int error;

	ifreq = memdup_user(arg, sizeof(*ifreq));
	if (IS_ERR(ifreq))
		return PTR_ERR(ifreq);
	ifreq->nifr_name[sizeof(ifreq->nifr_name) - 1] = '\0';
	error = nm_vale_config(ifreq);
	if (copy_to_user(arg, ifreq, sizeof(*ifreq)))
		error = -EFAULT;
	kfree(ifreq);
	return error;
}

/**
 * nm_legacy_ioctl() - NIOCREGIF, NIOCGINFO and NIOCCONFIG
 * @priv: the descriptor, bound or not
 * @cmd: which
 * @arg: struct nmreq or struct nm_ifreq of the user
 *
 * The argument goes back even when the request fails; nothing of it changes
 * then but the terminated name.
 *
 * Return: 0 or a negative errno
 */
long nm_legacy_ioctl(struct netmap_priv_d *priv, unsigned int cmd,
		     void __user *arg)
{
	struct nmreq nmr;
	int error;

	if (!arg)
		return -EINVAL;
	if (cmd == NIOCCONFIG)
		return nm_legacy_config(arg);
	if (copy_from_user(&nmr, arg, sizeof(nmr)))
		return -EFAULT;
	error = nm_legacy_run(priv, cmd, &nmr);
	if (copy_to_user(arg, &nmr, sizeof(nmr)))
		error = -EFAULT;
	return error;
}
