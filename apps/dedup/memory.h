/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets remembered: a FIFO, oldest first, with a hash table to find equal ones. */
#ifndef DEDUP_MEMORY_H_
#define DEDUP_MEMORY_H_

#include <stdint.h>

struct remembered {
	const void *data;
	uint64_t time_us; /* when it was received */
	uint32_t hash;
	uint16_t len;
	int next; /* in the chain of its bucket, from newer to older; -1: end */
};

struct memory {
	struct remembered *entries;
	int *buckets; /* newest entry of each; -1: empty */
	int capacity, first, count;
	uint32_t mask;
};

/* 0, or -1 with a message logged when the capacity cannot be had. */
int memory_init(struct memory *memory, int capacity);
void memory_free(struct memory *memory);

uint32_t memory_hash(const void *data, uint16_t len);
/* The index of an equal packet, or -1. */
int memory_find(const struct memory *memory, const void *data, uint16_t len, uint32_t hash);
/* There must be room (count < capacity). data must stay as it is while it is remembered. Returns the
 * index of the entry. */
int memory_add(struct memory *memory, const void *data, uint16_t len, uint32_t hash,
	       uint64_t time_us);
/* Index of the entry that memory_add() will use next. */
int memory_next(const struct memory *memory);
const struct remembered *memory_oldest(const struct memory *memory); /* NULL when empty */
void memory_drop_oldest(struct memory *memory);

#endif
