// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include <sys/mman.h>
#include "buffer.h"

#define ALIGNMENT 16
#define PAGE (2u << 20) /* of huge pages; also fine for small ones */

size_t
buffer_record_size(uint32_t len)
{
	return (sizeof(struct record) + len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

int
buffer_init(struct buffer *buffer, size_t size, int huge)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *memory = MAP_FAILED;

	memset(buffer, 0, sizeof(*buffer));
	if (size == 0)
		return 0;
	buffer->size = (size + PAGE - 1) / PAGE * PAGE;
	if (huge)
		memory = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0);
	buffer->huge = memory != MAP_FAILED;
	if (memory == MAP_FAILED && huge < 2)
		memory = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	buffer->memory = memory;
	return 0;
}

void
buffer_free(struct buffer *buffer)
{
	if (buffer->memory)
		munmap(buffer->memory, buffer->size);
	buffer->memory = NULL;
}

struct record *
buffer_reserve(struct buffer *buffer, uint32_t len)
{
	uint64_t head = __atomic_load_n(&buffer->head, __ATOMIC_ACQUIRE);
	size_t need = buffer_record_size(len), at, to_end;
	struct record *record;

	if (!buffer->size)
		return NULL;
	at = buffer->tail % buffer->size;
	to_end = buffer->size - at;
	if (to_end < need) {
		/* the reader must have left both the rest and what is needed at the start */
		if (buffer->tail + to_end + need - head > buffer->size)
			return NULL;
		record = (struct record *)(void *)(buffer->memory + at);
		record->len = RECORD_SKIP;
		record->size = (uint32_t)to_end;
		__atomic_store_n(&buffer->tail, buffer->tail + to_end, __ATOMIC_RELEASE);
		at = 0;
	} else if (buffer->tail + need - head > buffer->size) {
		return NULL;
	}
	record = (struct record *)(void *)(buffer->memory + at);
	record->len = len;
	record->size = (uint32_t)need;
	return record;
}

void
buffer_publish(struct buffer *buffer, struct record *record)
{
	__atomic_store_n(&buffer->tail, buffer->tail + record->size, __ATOMIC_RELEASE);
}

struct record *
buffer_peek(struct buffer *buffer)
{
	struct record *record;

	while (buffer->head != __atomic_load_n(&buffer->tail, __ATOMIC_ACQUIRE)) {
		record = (struct record *)(void *)(buffer->memory + buffer->head % buffer->size);
		if (record->len != RECORD_SKIP)
			return record;
		buffer_pop(buffer, record);
	}
	return NULL;
}

void
buffer_pop(struct buffer *buffer, struct record *record)
{
	__atomic_store_n(&buffer->head, buffer->head + record->size, __ATOMIC_RELEASE);
}
