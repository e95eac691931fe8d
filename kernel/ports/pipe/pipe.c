// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Pipes: two ports in one region whose rings are connected, TX i of one to
 * RX i of the other. Slots travel, packets are never copied.
 *
 * The two ends are one object with one reference count, that of the master.
 * Kernel rings of both appear with the first descriptor of either end and
 * disappear with the last, so that an end can come and go while the other
 * works. Packets and rings: ring.c.
 */
#include <linux/slab.h>

#include "core/core.h"
#include "ports/ports.h"

#define NM_PIPES_MAX 64 /* of one parent */
#define NM_PIPE_RINGS_MAX 256
#define NM_PIPE_SLOTS_MAX 4096

struct nm_pipe {
	struct netmap_adapter end[2]; /* master, slave */
	struct netmap_adapter *parent; /* with a reference */
	struct hlist_node node; /* parent->na_pipes */
	char id[NETMAP_REQ_IFNAMSIZ];
};

static struct nm_pipe *nm_pipe_of(struct netmap_adapter *na)
{
	return container_of(na->na_owner ?: na, struct nm_pipe, end[0]);
}

static struct netmap_adapter *nm_pipe_peer(struct netmap_adapter *na)
{
	struct nm_pipe *pipe = nm_pipe_of(na);

	return &pipe->end[na == &pipe->end[0]];
}

/*
 * Callbacks of the ends
 */

static int nm_pipe_krings_create(struct netmap_adapter *na)
{
	if (na->tx_rings)
		return 0;
	return netmap_pipe_krings_create_both(na, nm_pipe_peer(na));
}

static void nm_pipe_krings_delete(struct netmap_adapter *na)
{
	struct netmap_adapter *peer = nm_pipe_peer(na);

	if (peer->active_fds == 0)
		netmap_pipe_krings_delete_both(na, peer);
}

/* A program that opens a ring again finds the slots as they are. */
static void nm_pipe_kring_off(struct netmap_kring *kring)
{
	kring->nr_mode = NKR_NETMAP_OFF;
	kring->offset_mask = kring->pipe->offset_mask;
	kring->offset_max = kring->pipe->offset_max;
	kring->offset_gap = kring->pipe->offset_gap;
}

static int nm_pipe_register(struct netmap_adapter *na, int onoff)
{
	enum txrx t;
	int error;
	u32 i;

	if (onoff) {
		error = netmap_pipe_reg_both(na, nm_pipe_peer(na));
		if (!error)
			na->na_flags |= NAF_NETMAP_ON;
		return error;
	}
	for_rx_tx(t)
		for (i = 0; i < nma_get_nrings(na, t); i++)
			if (nm_kring_pending_off(NMR(na, t)[i]))
				nm_pipe_kring_off(NMR(na, t)[i]);
	if (na->active_fds == 0)
		na->na_flags &= ~NAF_NETMAP_ON;
	return 0;
}

/* The last reference on the pair: netmap_adapter_put() of the master. */
static void nm_pipe_dtor(struct netmap_adapter *na)
{
	struct nm_pipe *pipe = nm_pipe_of(na);

	hlist_del(&pipe->node);
	pipe->parent->na_num_pipes--;
	netmap_mem_put(pipe->end[1].nm_mem);
	netmap_adapter_put(pipe->parent);
}

/*
 * Names
 */

static struct nm_pipe *nm_pipe_find(struct netmap_adapter *parent, const char *id)
{
	struct nm_pipe *pipe;

	hlist_for_each_entry(pipe, &parent->na_pipes, node)
		if (!strcmp(pipe->id, id))
			return pipe;
	return NULL;
}

static u32 nm_pipe_count(u32 want, u32 none, u32 max)
{
	return clamp(want ?: none, 1U, max);
}

static void nm_pipe_end_init(struct nm_pipe *pipe, int slave,
			     struct netmap_mem_d *mem)
{
	struct netmap_adapter *na = &pipe->end[slave];

	/* a name of a request fits; one of a renamed parent may be cut */
	scnprintf(na->name, sizeof(na->name), "%s%c%s", pipe->parent->name,
		  slave ? '}' : '{', pipe->id);
	na->na_owner = slave ? &pipe->end[0] : NULL;
	na->na_flags = NAF_MEM_OWNER | NAF_OFFSETS;
	na->nm_register = nm_pipe_register;
	na->nm_txsync = netmap_pipe_txsync;
	na->nm_rxsync = netmap_pipe_rxsync;
	na->nm_krings_create = nm_pipe_krings_create;
	na->nm_krings_delete = nm_pipe_krings_delete;
	na->nm_dtor = nm_pipe_dtor;
	nm_adapter_init(na, mem);
}

/* A new pair, with the reference of the caller. The counts are the master's. */
static struct nm_pipe *nm_pipe_new(struct netmap_adapter *parent, const char *id,
				   const struct nmreq_register *reg)
{
	struct netmap_adapter *master, *slave;
	struct netmap_mem_d *mem;
	struct nm_pipe *pipe;

	if (parent->na_num_pipes >= NM_PIPES_MAX)
		return ERR_PTR(-EINVAL);
	mem = nm_bind_region(parent, NULL);
	if (IS_ERR(mem))
		return ERR_CAST(mem);
	pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);
	if (!pipe) {
		netmap_mem_put(mem);
		return ERR_PTR(-ENOMEM);
	}
	netmap_adapter_get(parent);
	pipe->parent = parent;
	strscpy(pipe->id, id, sizeof(pipe->id));
	master = &pipe->end[0];
	slave = &pipe->end[1];
	master->num_tx_rings = nm_pipe_count(reg->nr_tx_rings, 1, NM_PIPE_RINGS_MAX);
	master->num_rx_rings = nm_pipe_count(reg->nr_rx_rings, 1, NM_PIPE_RINGS_MAX);
	master->num_tx_desc = nm_pipe_count(reg->nr_tx_slots, parent->num_tx_desc,
					    NM_PIPE_SLOTS_MAX);
	master->num_rx_desc = nm_pipe_count(reg->nr_rx_slots, parent->num_rx_desc,
					    NM_PIPE_SLOTS_MAX);
	slave->num_tx_rings = master->num_rx_rings;
	slave->num_rx_rings = master->num_tx_rings;
	slave->num_tx_desc = master->num_rx_desc;
	slave->num_rx_desc = master->num_tx_desc;
	nm_pipe_end_init(pipe, 0, mem);
	nm_pipe_end_init(pipe, 1, mem);
	netmap_mem_put(mem);
	hlist_add_head(&pipe->node, &parent->na_pipes);
	parent->na_num_pipes++;
	return pipe;
}

/*
 * The parent of a pipe. Its request is a copy: what a new parent makes of the
 * counts does not concern the pipe.
 */
static int nm_pipe_parent_get(const struct nm_lookup *lookup, size_t len,
			      struct netmap_adapter **pparent)
{
	char name[NETMAP_REQ_IFNAMSIZ];
	struct nmreq_register reg = *lookup->reg;
	struct nm_lookup parent = *lookup;
	int error;

	memcpy(name, lookup->name, len);
	name[len] = '\0';
	parent.name = name;
	parent.reg = &reg;
	error = nm_port_get(&parent, pparent);
	if (error != -ENXIO)
		return error;
	if (!lookup->create)
		return -ENODEV;
	/* an interface of its own, which goes away with the pipe */
	return nm_vi_create_hidden(&parent, pparent) ? -ENXIO : 0;
}

/**
 * nm_pipe_get() - the end of a pipe that a request means
 * @lookup: "parent{id" is the master, "parent}id" the slave
 * @pna: set if the name is that of a pipe
 *
 * The last '{' counts, and '}' only in a name without any '{'. Context:
 * nm_global_lock held.
 *
 * Return: 0; -EINVAL for an empty id or parent, a mode other than all NIC
 * rings or one, or too many pipes; -EBUSY if the kernel has the parent;
 * -ENODEV if there is no such pipe and none may be created; -ENOMEM; errors
 * of the parent
 */
int nm_pipe_get(struct nm_lookup *lookup, struct netmap_adapter **pna)
{
	const char *bracket = strrchr(lookup->name, '{');
	u32 mode = lookup->reg->nr_mode;
	struct netmap_adapter *parent;
	struct nm_pipe *pipe;
	bool slave = !bracket;
	int error;

	if (!bracket)
		bracket = strrchr(lookup->name, '}');
	if (!bracket)
		return 0;
	if (bracket == lookup->name || !bracket[1] ||
	    (mode != NR_REG_ALL_NIC && mode != NR_REG_ONE_NIC))
		return -EINVAL;
	error = nm_pipe_parent_get(lookup, bracket - lookup->name, &parent);
	if (error)
		return error;
	if (parent->na_flags & NAF_BUSY) {
		error = -EBUSY;
		goto out;
	}
	pipe = nm_pipe_find(parent, bracket + 1);
	if (pipe) {
		netmap_adapter_get(&pipe->end[0]);
	} else if (!lookup->create) {
		error = -ENODEV;
		goto out;
	} else {
		pipe = nm_pipe_new(parent, bracket + 1, lookup->reg);
		if (IS_ERR(pipe)) {
			error = PTR_ERR(pipe);
			goto out;
		}
	}
	*pna = &pipe->end[slave];
out:
	netmap_adapter_put(parent);
	return error;
}
