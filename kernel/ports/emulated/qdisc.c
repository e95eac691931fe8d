// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The queueing discipline "netmapemu": a plain queue for the stack, whose
 * dequeue tells the emulated adapter that the driver has started a stopped
 * queue again. Programs never busy-wait for a driver.
 */
#include <net/pkt_sched.h>
#include <net/sch_generic.h>

#include "emulated.h"

#define NM_QDISC_LIMIT 1024

struct nm_qdisc {
	u32 limit;
};

static void nm_qdisc_wake(struct Qdisc *sch)
{
	struct net_device *dev = qdisc_dev(sch);
	u32 queue = sch->dev_queue - dev->_tx, i;
	struct netmap_adapter *na;
	struct nm_generic *g;

	rcu_read_lock();
	na = nm_generic_find(dev);
	if (na && nm_netmap_on(na)) {
		g = nm_generic_of(na);
		for (i = queue; i < na->num_tx_rings; i += dev->real_num_tx_queues)
			nm_generic_tx_wake(&g->tx[i]);
	}
	rcu_read_unlock();
}

static int nm_qdisc_enqueue(struct sk_buff *skb, struct Qdisc *sch,
			    struct sk_buff **to_free)
{
	struct nm_qdisc *q = qdisc_priv(sch);

	if (qdisc_qlen(sch) >= READ_ONCE(q->limit))
		return qdisc_drop(skb, sch, to_free);
	return qdisc_enqueue_tail(skb, sch);
}

static struct sk_buff *nm_qdisc_dequeue(struct Qdisc *sch)
{
	/* the queue runs: somebody sends, or the driver has room again */
	nm_qdisc_wake(sch);
	return qdisc_dequeue_head(sch);
}

static int nm_qdisc_change(struct Qdisc *sch, struct nlattr *opt,
			   struct netlink_ext_ack *extack)
{
	struct nm_qdisc *q = qdisc_priv(sch);
	u32 limit = NM_QDISC_LIMIT;

	if (opt) {
		if (nla_len(opt) < sizeof(limit))
			return -EINVAL;
		memcpy(&limit, nla_data(opt), sizeof(limit));
		if (!limit)
			return -EINVAL;
	}
	WRITE_ONCE(q->limit, limit);
	return 0;
}

static int nm_qdisc_dump(struct Qdisc *sch, struct sk_buff *skb)
{
	struct nm_qdisc *q = qdisc_priv(sch);

	return nla_put_u32(skb, TCA_OPTIONS, q->limit) ? -1 : skb->len;
}

static struct Qdisc_ops nm_qdisc_ops = {
	.id = "netmapemu",
	.priv_size = sizeof(struct nm_qdisc),
	.enqueue = nm_qdisc_enqueue,
	.dequeue = nm_qdisc_dequeue,
	.peek = qdisc_peek_dequeued,
	.init = nm_qdisc_change,
	.change = nm_qdisc_change,
	.reset = qdisc_reset_queue,
	.dump = nm_qdisc_dump,
	.owner = THIS_MODULE,
};

/* One queue: its discipline, replaced by another; the old one is returned. */
static struct Qdisc *nm_qdisc_graft(struct net_device *dev, u32 i,
				    struct Qdisc *new)
{
	return dev_graft_qdisc(netdev_get_tx_queue(dev, i), new);
}

static struct Qdisc *nm_qdisc_create(struct nm_generic *g, u32 i)
{
	struct net_device *dev = g->hw.up.ifp;
	struct Qdisc *sch = qdisc_create_dflt(netdev_get_tx_queue(dev, i),
					      &nm_qdisc_ops, TC_H_ROOT, NULL);

	if (sch) {
		sch->flags |= TCQ_F_ONETXQUEUE | TCQ_F_NOPARENT;
		((struct nm_qdisc *)qdisc_priv(sch))->limit = g->hw.up.num_tx_desc;
	}
	return sch;
}

/* tc shows the discipline of an interface with one queue as its root. */
static void nm_qdisc_root(struct net_device *dev, struct Qdisc *sch)
{
	qdisc_refcount_inc(sch);
	rcu_assign_pointer(dev->qdisc, sch);
}

/**
 * nm_generic_qdisc_attach() - hear of queues that the driver starts again
 * @g: the adapter
 *
 * Interfaces without queues (veth, dummy, bridges) keep theirs, as do those
 * that are down: they get one when they come up. Failure only means that
 * programs find out later that there is room. Context: rtnl held.
 */
void nm_generic_qdisc_attach(struct nm_generic *g)
{
	struct net_device *dev = g->hw.up.ifp;
	u32 i, n = dev->num_tx_queues;
	struct Qdisc *sch;

	ASSERT_RTNL();
	if (!g->txqdisc || !(dev->flags & IFF_UP) || !dev->tx_queue_len ||
	    dev->priv_flags & IFF_NO_QUEUE ||
	    rtnl_dereference(dev->qdisc) == &noop_qdisc)
		return;
	g->qdisc_before = kcalloc(n, sizeof(*g->qdisc_before), GFP_KERNEL);
	if (!g->qdisc_before)
		return;
	nm_dev_deactivate(dev);
	for (i = 0; i < n; i++) {
		sch = nm_qdisc_create(g, i);
		if (!sch)
			break;
		g->qdisc_before[i] = nm_qdisc_graft(dev, i, sch);
		if (n == 1) {
			g->qdisc_root_before = rtnl_dereference(dev->qdisc);
			nm_qdisc_root(dev, sch);
		}
	}
	g->num_qdiscs = i;
	dev_activate(dev);
}

/* Puts the old discipline back unless somebody has replaced ours. */
static void nm_qdisc_restore(struct nm_generic *g, struct net_device *dev, u32 i)
{
	struct Qdisc *ours = nm_txq_qdisc(netdev_get_tx_queue(dev, i));
	struct Qdisc *before = g->qdisc_before[i];

	if (ours->ops != &nm_qdisc_ops) {
		qdisc_put(before);
		if (g->qdisc_root_before)
			qdisc_put(g->qdisc_root_before);
		return;
	}
	nm_qdisc_graft(dev, i, before);
	if (g->qdisc_root_before) {
		rcu_assign_pointer(dev->qdisc, g->qdisc_root_before);
		qdisc_put(ours); /* as the root */
	}
	qdisc_put(ours);
}

/**
 * nm_generic_qdisc_detach() - undo nm_generic_qdisc_attach()
 * @g: the adapter
 *
 * Context: rtnl held.
 */
void nm_generic_qdisc_detach(struct nm_generic *g)
{
	struct net_device *dev = g->hw.up.ifp;
	bool up = dev->flags & IFF_UP;
	u32 i;

	ASSERT_RTNL();
	if (!g->qdisc_before)
		return;
	if (up)
		nm_dev_deactivate(dev);
	for (i = 0; i < g->num_qdiscs; i++)
		nm_qdisc_restore(g, dev, i);
	if (up)
		dev_activate(dev);
	kfree(g->qdisc_before);
	g->qdisc_before = NULL;
	g->qdisc_root_before = NULL;
	g->num_qdiscs = 0;
}

int nm_generic_qdisc_init(void)
{
	return register_qdisc(&nm_qdisc_ops);
}

void nm_generic_qdisc_exit(void)
{
	unregister_qdisc(&nm_qdisc_ops);
}
