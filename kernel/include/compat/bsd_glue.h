/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The vocabulary of bridge headers written for the original netmap. Only
 * drivers include this file; the module itself speaks Linux.
 */
#ifndef _NETMAP_BSD_GLUE_H_
#define _NETMAP_BSD_GLUE_H_

#include <linux/version.h>
#include <linux/if.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/time.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/miscdevice.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/virtio.h>
#include <net/sock.h>
#include <linux/delay.h>
#include <linux/skbuff.h>
#include <linux/vmalloc.h>
#include <linux/ethtool.h>
#include <linux/io.h>
#include <linux/hrtimer.h>
#include <linux/highmem.h>
#include <linux/if_vlan.h>
#include <linux/dma-mapping.h>

#include "netmap_linux_config.h"
#include <nm_timeval.h>

/* interfaces and packets */
#define ifnet net_device
#define mbuf sk_buff
typedef struct net_device *if_t;
#define if_name(ifp) ((ifp)->name)
#define DEV_NUM_RX_QUEUES(dev) ((dev)->num_rx_queues)

/* memory and byte order */
#define bzero(p, n) memset(p, 0, n)
#define le16toh le16_to_cpu
#define le32toh le32_to_cpu
#define le64toh le64_to_cpu
#define be16toh be16_to_cpu
#define be32toh be32_to_cpu
#define be64toh be64_to_cpu
#define htole32 cpu_to_le32
#define htole64 cpu_to_le64
#define htobe16 cpu_to_be16
#define htobe32 cpu_to_be32

/* DMA: see netmap_load_map() and friends in netmap_kern.h */
#define bus_dma_tag_t struct device *
#define bus_dmamap_t phys_addr_t *
#define vm_paddr_t phys_addr_t

/*
 * A tunable of the including module. The first two arguments are names of
 * another system and are dropped unexpanded.
 */
#define SYSCTL_DECL(x) struct nm_sysctl_decl_unused
#define CTLFLAG_RD 1
#define CTLFLAG_RW 2
#define SYSCTL_INT(parent, nbr, name, access, ptr, val, descr)		\
	module_param_cb(name, &param_ops_int, ptr,			\
			(access) == CTLFLAG_RW ? 0644 : 0444);		\
	__MODULE_PARM_TYPE(name, "int");				\
	MODULE_PARM_DESC(name, descr)

/* strlcpy() left Linux in 6.8; copies are bounded either way */
#if defined(NETMAP_LINUX_HAVE_STRSCPY) && !defined(strlcpy)
#define strlcpy strscpy
#endif

#ifdef NETMAP_LINUX_HAVE_NAPI_POLL_WEIGHT
#define NM_NETIF_NAPI_ADD netif_napi_add_weight
#else
#define NM_NETIF_NAPI_ADD netif_napi_add
#endif

#endif /* _NETMAP_BSD_GLUE_H_ */
