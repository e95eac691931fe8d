// SPDX-License-Identifier: BSD-2-Clause
/* The ports: the input, and the sending end of every pipe, all in one memory region. */
#include <string.h>
#include "lb.h"

static void
open_input(struct balancer *lb)
{
	struct nmport_d *port = nmport_prepare(lb->port_name);

	if (!port)
		DIE(1, "cannot open %s", lb->port_name);
	port->reg.nr_extra_bufs = lb->extra_wanted;
	if (nmport_open_desc(port) < 0) {
		D("cannot open %s", lb->port_name);
		nmport_undo_prepare(port);
		exit(1);
	}
	D("successfully opened %s", lb->port_name);
	lb->port = port;
}

/* Any ring knows where the buffers of the region are. */
static struct netmap_ring *
some_ring(const struct nmport_d *port)
{
	return NETMAP_RXRING(port->nifp, port->first_rx_ring);
}

/* Takes the granted extra buffers out of the port's list into ours. */
static void
take_extra_buffers(struct balancer *lb)
{
	struct netmap_if *nifp = lb->port->nifp;
	struct netmap_ring *ring = some_ring(lb->port);
	uint32_t granted = lb->port->reg.nr_extra_bufs;
	struct netmap_slot slot = { 0 };

	if (!lb->extra_wanted)
		return;
	D("obtained %u extra buffers", granted);
	if (queue_init(&lb->free_buffers, granted) < 0)
		DIE(1, "cannot allocate the queue of free buffers");
	for (slot.buf_idx = nifp->ni_bufs_head; slot.buf_idx && lb->extra < granted; lb->extra++) {
		queue_push(&lb->free_buffers, &slot);
		memcpy(&slot.buf_idx, NETMAP_BUF(ring, slot.buf_idx), sizeof(slot.buf_idx));
	}
	nifp->ni_bufs_head = 0;
}

static void
open_pipe(struct balancer *lb, struct group *group, int k)
{
	struct pipe *pipe = &group->pipe[k];
	uint32_t i;

	snprintf(pipe->name, sizeof(pipe->name), "%s%s{%d/xT@%d",
		 strncmp(group->name, NM_BDG_NAME, strlen(NM_BDG_NAME)) ? "netmap:" : "",
		 group->name, group->first_id + k, lb->port->reg.nr_mem_id);
	D("opening pipe named %s", pipe->name);
	pipe->port = nmport_open(pipe->name);
	if (!pipe->port) {
		D("cannot open %s", pipe->name);
		pipes_close(lb);
		exit(1);
	}
	pipe->ring = NETMAP_TXRING(pipe->port->nifp, pipe->port->first_tx_ring);
	D("successfully opened pipe #%d %s (tx slots: %d)", k + 1, pipe->name,
	  pipe->port->reg.nr_tx_slots);
	if (pipe->port->mem != lb->port->mem) {
		D("%s is in another memory region, no zerocopy", pipe->name);
		pipes_close(lb);
		exit(1);
	}
	D("zerocopy enabled");
	/* what an earlier sender left in the ring is not ours to move on */
	pipe->seen_tail = pipe->ring->tail;
	for (i = 0; i < pipe->ring->num_slots; i++)
		pipe->ring->slot[i].len = 0;
	if (queue_init(&pipe->overflow, lb->extra) < 0)
		DIE(1, "cannot allocate an overflow queue");
}

/* Ids start at 0 in each group; groups of the same name continue the numbering. */
static void
number_pipes(struct balancer *lb, int g)
{
	int i;

	for (i = 0; i < g; i++)
		if (!strcmp(lb->groups[i].name, lb->groups[g].name))
			lb->groups[g].first_id = lb->groups[i].first_id + lb->groups[i].pipes;
}

void
pipes_open(struct balancer *lb)
{
	int g, k;

	open_input(lb);
	take_extra_buffers(lb);
	for (g = 0; g < lb->group_count; g++) {
		struct group *group = &lb->groups[g];

		if (!group->name[0])
			snprintf(group->name, sizeof(group->name), "%s", lb->port->hdr.nr_name);
		number_pipes(lb, g);
		group->pipe = calloc((size_t)group->pipes, sizeof(*group->pipe));
		if (!group->pipe)
			DIE(1, "cannot allocate %d pipes", group->pipes);
		for (k = 0; k < group->pipes; k++)
			open_pipe(lb, group, k);
	}
}

/* Puts the buffers of a queue into the free list of the input port. Returns how many. */
static uint32_t
give_back(struct balancer *lb, struct queue *queue)
{
	struct netmap_ring *ring = some_ring(lb->port);
	struct netmap_slot slot;
	uint32_t count = 0;

	while (queue_pop(queue, &slot) == 0) {
		memcpy(NETMAP_BUF(ring, slot.buf_idx), &lb->port->nifp->ni_bufs_head,
		       sizeof(uint32_t));
		lb->port->nifp->ni_bufs_head = slot.buf_idx;
		count++;
	}
	queue_free(queue);
	return count;
}

void
pipes_close(struct balancer *lb)
{
	uint32_t given = give_back(lb, &lb->free_buffers);
	int g, k;

	for (g = 0; g < lb->group_count; g++) {
		struct group *group = &lb->groups[g];

		for (k = 0; group->pipe && k < group->pipes; k++) {
			given += give_back(lb, &group->pipe[k].overflow);
			nmport_close(group->pipe[k].port);
		}
		free(group->pipe);
		group->pipe = NULL;
	}
	D("added %u buffers to netmap free list", given);
	nmport_close(lb->port);
}
