// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include "queue.h"

int
queue_init(struct queue *queue, uint32_t capacity)
{
	*queue = (struct queue){ .capacity = capacity };
	if (capacity == 0)
		return 0;
	queue->slots = calloc(capacity, sizeof(*queue->slots));
	return queue->slots ? 0 : -1;
}

void
queue_free(struct queue *queue)
{
	free(queue->slots);
	*queue = (struct queue){ 0 };
}

int
queue_push(struct queue *queue, const struct netmap_slot *slot)
{
	if (queue->count == queue->capacity)
		return -1;
	queue->slots[(queue->first + queue->count++) % queue->capacity] = *slot;
	return 0;
}

int
queue_pop(struct queue *queue, struct netmap_slot *slot)
{
	if (queue->count == 0)
		return -1;
	*slot = queue->slots[queue->first];
	queue->first = (queue->first + 1) % queue->capacity;
	queue->count--;
	return 0;
}

const struct netmap_slot *
queue_at(const struct queue *queue, uint32_t i)
{
	return &queue->slots[(queue->first + i) % queue->capacity];
}
