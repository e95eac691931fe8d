/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Host rings, and packets for the stack. */
#ifndef _NM_HOST_H_
#define _NM_HOST_H_

#include "core/core.h"

struct sk_buff *nm_host_build(struct netmap_kring *kring, struct netmap_slot slot);
extern int nm_generic_hwcsum;
int nm_host_txsync(struct netmap_kring *kring, int flags);
int nm_host_rxsync(struct netmap_kring *kring, int flags);
netdev_tx_t nm_host_queue(struct netmap_adapter *na, struct sk_buff *skb);

#endif /* _NM_HOST_H_ */
