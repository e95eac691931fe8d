/* SPDX-License-Identifier: BSD-2-Clause */
/* A FIFO of slots: packets that wait for room in a pipe, or free buffers. */
#ifndef LB_QUEUE_H_
#define LB_QUEUE_H_

#include <stdint.h>
#include <libnetmap.h>

struct queue {
	struct netmap_slot *slots;
	uint32_t capacity, first, count;
};

/* 0, or -1 when out of memory. capacity 0 makes a queue that is always full. */
int queue_init(struct queue *queue, uint32_t capacity);
void queue_free(struct queue *queue);
int queue_push(struct queue *queue, const struct netmap_slot *slot); /* -1 when full */
int queue_pop(struct queue *queue, struct netmap_slot *slot);	     /* -1 when empty */
/* Element i from the oldest on; i < count. */
const struct netmap_slot *queue_at(const struct queue *queue, uint32_t i);

#endif
