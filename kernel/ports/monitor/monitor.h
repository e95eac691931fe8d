/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Monitors: what the ports (monitor.c) and their packets (tap.c)
 * share.
 */
#ifndef _NM_MONITOR_H_
#define _NM_MONITOR_H_

#include "core/core.h"

/* A monitor's place on one ring of the port that it watches. */
struct nm_tap {
	struct hlist_node node; /* mon_copy or mon_zcopy of the tapped ring */
	struct netmap_kring *tapped;
	struct netmap_kring *mkring; /* RX ring of the monitor */
};

struct nm_monitor {
	struct netmap_adapter up;
	struct netmap_adapter *parent; /* with a reference */
	struct hlist_node node; /* parent->na_monitors */
	u64 flags; /* NR_MONITOR_*, NR_ZCOPY_MON */
	struct netmap_priv_d rings; /* only the selection of parent's rings */
	bool attached; /* the parent is in netmap mode ever since */
	u32 num_taps;
	struct nm_tap *taps;
};

static inline struct nm_monitor *nm_monitor_of(struct netmap_adapter *na)
{
	return container_of(na, struct nm_monitor, up);
}

/* tap.c */
void nm_tap_add(struct nm_tap *tap, bool zcopy);
void nm_tap_del(struct nm_tap *tap);
int nm_monitor_txsync(struct netmap_kring *kring, int flags);
int nm_monitor_rxsync(struct netmap_kring *kring, int flags);

#endif /* _NM_MONITOR_H_ */
