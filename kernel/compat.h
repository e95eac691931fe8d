/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Every difference between kernel versions that the module meets, 5.10 and
 * newer. NETMAP_LINUX_* comes from the probes of netmap-configure.
 */
#ifndef _NM_COMPAT_H_
#define _NM_COMPAT_H_

#include <linux/ethtool.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/version.h>

#include "netmap_linux_config.h"

/* 5.18 made netif_rx() callable from process context and dropped the other */
#ifdef NETMAP_LINUX_HAVE_NETIF_RX_NI
#define nm_netif_rx(skb) netif_rx_ni(skb)
#else
#define nm_netif_rx(skb) netif_rx(skb)
#endif

/* 5.17 gave the ring parameter operations two more arguments */
#ifdef NETMAP_LINUX_HAVE_SETRNGPRM_4ARGS
#define NM_RINGPARAM_ARGS						\
	struct net_device *dev, struct ethtool_ringparam *param,	\
	struct kernel_ethtool_ringparam *kernel_param,			\
	struct netlink_ext_ack *extack

int linux_netmap_set_ringparam(struct net_device *dev,
			       struct ethtool_ringparam *param,
			       struct kernel_ethtool_ringparam *kernel_param,
			       struct netlink_ext_ack *extack);

static inline void nm_get_ringparam(struct net_device *dev,
				    struct ethtool_ringparam *param)
{
	struct kernel_ethtool_ringparam kernel_param = {};

	dev->ethtool_ops->get_ringparam(dev, param, &kernel_param, NULL);
}
#else
#define NM_RINGPARAM_ARGS						\
	struct net_device *dev, struct ethtool_ringparam *param

int linux_netmap_set_ringparam(struct net_device *dev,
			       struct ethtool_ringparam *param);

static inline void nm_get_ringparam(struct net_device *dev,
				    struct ethtool_ringparam *param)
{
	dev->ethtool_ops->get_ringparam(dev, param);
}
#endif

/* 5.18 moved the counter of packets that the core drops */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
static inline void nm_tx_dropped_inc(struct net_device *dev)
{
	atomic_long_inc(&dev->tx_dropped);
}

static inline void nm_rx_dropped_inc(struct net_device *dev)
{
	atomic_long_inc(&dev->rx_dropped);
}
#else
static inline void nm_tx_dropped_inc(struct net_device *dev)
{
	dev_core_stats_tx_dropped_inc(dev);
}

static inline void nm_rx_dropped_inc(struct net_device *dev)
{
	dev_core_stats_rx_dropped_inc(dev);
}
#endif

/* 5.12 added a cache of sk_buffs for code that runs with BH off */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
#define nm_napi_build_skb(data, size) build_skb(data, size)
#else
#define nm_napi_build_skb(data, size) napi_build_skb(data, size)
#endif

/* 5.14 gave packets heads of page pools, which want them back */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
static inline bool nm_skb_has_pool(const struct sk_buff *skb)
{
	return false;
}
#else
static inline bool nm_skb_has_pool(const struct sk_buff *skb)
{
	return skb->pp_recycle;
}
#endif

/* 5.17 made the time of the last transmission a write only when it differs */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
#define nm_txq_trans_update(txq) txq_trans_update(txq)
#else
#define nm_txq_trans_update(txq) txq_trans_cond_update(txq)
#endif

/* 6.13 sets up timers in one step */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void nm_hrtimer_setup(struct hrtimer *timer,
				    enum hrtimer_restart (*fn)(struct hrtimer *),
				    enum hrtimer_mode mode)
{
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = fn;
}
#else
static inline void nm_hrtimer_setup(struct hrtimer *timer,
				    enum hrtimer_restart (*fn)(struct hrtimer *),
				    enum hrtimer_mode mode)
{
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, mode);
}
#endif

/*
 * The configured discipline of a queue, under rtnl. 6.5 put the pointer under
 * RCU, and stable releases followed: the cast serves both.
 */
#define nm_txq_qdisc(txq) \
	((struct Qdisc __force *)READ_ONCE((txq)->qdisc_sleeping))

/* 7.x asks whether to drop what the queues hold, as earlier ones always did */
#ifdef NETMAP_LINUX_HAVE_DEV_DEACTIVATE_RESET
#define nm_dev_deactivate(dev) dev_deactivate(dev, true)
#else
#define nm_dev_deactivate(dev) dev_deactivate(dev)
#endif

/* 6.3 made vm_flags read-only behind setters */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void nm_vm_flags_set(struct vm_area_struct *vma,
				   unsigned long flags)
{
	vma->vm_flags |= flags;
}
#else
static inline void nm_vm_flags_set(struct vm_area_struct *vma,
				   unsigned long flags)
{
	vm_flags_set(vma, flags);
}
#endif

/* 5.15 made the address of an interface read-only behind a setter */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 15, 0)
#define nm_hw_addr_set(dev, addr) ether_addr_copy((dev)->dev_addr, addr)
#else
#define nm_hw_addr_set(dev, addr) eth_hw_addr_set(dev, addr)
#endif

/* 6.1 took the weight from netif_napi_add() */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define nm_netif_napi_add(dev, napi, poll) \
	netif_napi_add(dev, napi, poll, NAPI_POLL_WEIGHT)
#else
#define nm_netif_napi_add(dev, napi, poll) netif_napi_add(dev, napi, poll)
#endif

/* 6.8 took the count from eventfd_signal() */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define nm_eventfd_signal(ctx) eventfd_signal(ctx, 1)
#else
#define nm_eventfd_signal(ctx) eventfd_signal(ctx)
#endif

/*
 * An eventfd must not be signalled in the wake-up of another one. Modules can
 * ask since 5.16; before, every wake-up counts.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
#define nm_eventfd_signal_allowed() (!irqs_disabled())
#else
#define nm_eventfd_signal_allowed() eventfd_signal_allowed()
#endif

/* 6.12 made lockless transmission a bit of its own */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
static inline void nm_dev_set_lltx(struct net_device *dev)
{
	dev->features |= NETIF_F_LLTX;
}
#else
static inline void nm_dev_set_lltx(struct net_device *dev)
{
	dev->lltx = true;
}
#endif

#endif /* _NM_COMPAT_H_ */
