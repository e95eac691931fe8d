// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "crc32c.h"
#include "log.h"
#include "memory.h"

#define HASHED_BYTES 64
#define MAX_SHIFT 15

/* A power of two of buckets, at least twice the capacity. */
static int
dedup_init(int capacity, uint32_t *size)
{
	int shift = 1, n;

	for (n = capacity - 1; n > 0; n >>= 1)
		shift++;
	if (capacity <= 0 || shift > MAX_SHIFT) {
		D("failed to initialize dedup with fifo_size %d", capacity);
		return -1;
	}
	*size = 1u << shift;
	D("sh %d size %u", shift, *size);
	return 0;
}

int
memory_init(struct memory *memory, int capacity)
{
	uint32_t size, i;

	memset(memory, 0, sizeof(*memory));
	if (dedup_init(capacity, &size) < 0)
		return -1;
	memory->entries = calloc((size_t)capacity, sizeof(*memory->entries));
	memory->buckets = malloc(size * sizeof(*memory->buckets));
	if (!memory->entries || !memory->buckets) {
		D("failed to initialize dedup with fifo_size %d: out of memory", capacity);
		memory_free(memory);
		return -1;
	}
	memory->capacity = capacity;
	memory->mask = size - 1;
	for (i = 0; i < size; i++)
		memory->buckets[i] = -1;
	return 0;
}

void
memory_free(struct memory *memory)
{
	free(memory->entries);
	free(memory->buckets);
	memset(memory, 0, sizeof(*memory));
}

uint32_t
memory_hash(const void *data, uint16_t len)
{
	return crc32c(data, len < HASHED_BYTES ? len : HASHED_BYTES);
}

int
memory_find(const struct memory *memory, const void *data, uint16_t len, uint32_t hash)
{
	int i;

	for (i = memory->buckets[hash & memory->mask]; i >= 0; i = memory->entries[i].next) {
		const struct remembered *entry = &memory->entries[i];

		if (entry->hash == hash && entry->len == len && !memcmp(entry->data, data, len))
			return i;
	}
	return -1;
}

int
memory_next(const struct memory *memory)
{
	return (memory->first + memory->count) % memory->capacity;
}

int
memory_add(struct memory *memory, const void *data, uint16_t len, uint32_t hash, uint64_t time_us)
{
	int i = memory_next(memory), *bucket = &memory->buckets[hash & memory->mask];

	memory->entries[i] = (struct remembered){ data, time_us, hash, len, *bucket };
	*bucket = i;
	memory->count++;
	return i;
}

const struct remembered *
memory_oldest(const struct memory *memory)
{
	return memory->count ? &memory->entries[memory->first] : NULL;
}

void
memory_drop_oldest(struct memory *memory)
{
	int oldest = memory->first;
	/* chains go from newer to older: it is the last of its chain */
	int *link = &memory->buckets[memory->entries[oldest].hash & memory->mask];

	while (*link != oldest)
		link = &memory->entries[*link].next;
	*link = -1;
	memory->first = (memory->first + 1) % memory->capacity;
	memory->count--;
}
