/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * NICs as ports of a switch: what their life (nic.c) and their packets
 * (nic-sync.c) share.
 */
#ifndef _NM_VALE_NIC_H_
#define _NM_VALE_NIC_H_

#include "vale.h"

struct nm_bwrap {
	struct netmap_vp_adapter up; /* the NIC */
	struct netmap_vp_adapter host; /* its host stack, if attached */
	struct netmap_adapter *hwna; /* with a reference, by being bound */
	struct netmap_priv_d priv;
	struct nm_poller *poller;
};

static inline struct nm_bwrap *nm_bwrap_of(struct netmap_adapter *na)
{
	return na->na_private;
}

/* nic-sync.c */
struct netmap_kring *nm_bwrap_hwring(struct netmap_kring *kring);
int nm_bwrap_push(struct netmap_kring *kring, int flags);

#endif /* _NM_VALE_NIC_H_ */
