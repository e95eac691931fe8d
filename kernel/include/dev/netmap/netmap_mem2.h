/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Memory regions, for the few drivers that handle them: kernel/mem/region.c, use.c.
 */
#ifndef _NETMAP_MEM2_H_
#define _NETMAP_MEM2_H_

#include <dev/netmap/netmap_kern.h>

typedef uint16_t nm_memid_t;

#define NETMAP_MEM_PRIVATE 0x2
#define NETMAP_MEM_IO 0x4

int netmap_mem_finalize(struct netmap_mem_d *nmd, struct netmap_adapter *na);
void netmap_mem_deref(struct netmap_mem_d *nmd, struct netmap_adapter *na);
int netmap_mem_get_lut(struct netmap_mem_d *nmd, struct netmap_lut *lut);
struct netmap_mem_d *netmap_mem_get(struct netmap_mem_d *nmd);
void netmap_mem_put(struct netmap_mem_d *nmd);

#endif /* _NETMAP_MEM2_H_ */
