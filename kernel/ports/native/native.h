/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Adapters of interfaces: what native and emulated ones have in common. */
#ifndef _NM_NATIVE_H_
#define _NM_NATIVE_H_

#include "core/core.h"

static inline struct netmap_hw_adapter *nm_hwna(struct netmap_adapter *na)
{
	return container_of(na, struct netmap_hw_adapter, up);
}

void nm_hw_init(struct netmap_hw_adapter *hwna,
		int (*reg)(struct netmap_adapter *na, int onoff));
int nm_native_check_mtu(struct netmap_adapter *na, unsigned int mtu);

#endif /* _NM_NATIVE_H_ */
