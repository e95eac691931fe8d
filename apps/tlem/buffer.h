/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A FIFO of packets in one piece of memory, for one writing and one reading thread without locks.
 * head and tail count bytes and never wrap; a record never straddles the end of the memory.
 */
#ifndef TLEM_BUFFER_H_
#define TLEM_BUFFER_H_

#include <stddef.h>
#include <stdint.h>

struct record {
	uint64_t at;   /* ns: when it is due */
	uint32_t len;  /* bytes of data; RECORD_SKIP: nothing, go on at the start of the memory */
	uint32_t size; /* bytes of the record */
	uint8_t data[];
};
#define RECORD_SKIP UINT32_MAX

struct buffer {
	uint8_t *memory;
	size_t size; /* a multiple of the record alignment */
	int huge;
	/* each on its own cache line: one thread writes, the other reads */
	uint64_t tail __attribute__((aligned(64))); /* of the writer */
	uint64_t head __attribute__((aligned(64))); /* of the reader */
};

/* Bytes that a packet takes. */
size_t buffer_record_size(uint32_t len);
/* 0, or -1 with errno. huge: 1 huge pages if possible, 2 huge pages or failure. size 0: no memory. */
int buffer_init(struct buffer *buffer, size_t size, int huge);
void buffer_free(struct buffer *buffer);

/* Writer: room for a packet of len bytes, to be filled and then published; NULL when full. */
struct record *buffer_reserve(struct buffer *buffer, uint32_t len);
void buffer_publish(struct buffer *buffer, struct record *record);

/* Reader: the oldest packet, or NULL; then remove it. */
struct record *buffer_peek(struct buffer *buffer);
void buffer_pop(struct buffer *buffer, struct record *record);

#endif
