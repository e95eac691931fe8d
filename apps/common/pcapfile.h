/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading classic pcap files: any byte order, microsecond (a1b2c3d4) or nanosecond (a1b23c4d). */
#ifndef APPS_PCAPFILE_H_
#define APPS_PCAPFILE_H_

#include <stddef.h>
#include <stdint.h>

struct pcapfile {
	const uint8_t *data; /* the whole file, mapped */
	size_t size;
	uint32_t magic; /* as read in our byte order */
	int swapped;
	uint32_t resolution_ns; /* unit of the fraction in record times: 1000 or 1 */
};

struct pcapfile_record {
	uint64_t time_ns;
	uint32_t captured; /* bytes in the file */
	uint32_t length;   /* bytes on the wire */
	const uint8_t *data;
};

enum pcapfile_status { PCAPFILE_RECORD, PCAPFILE_END, PCAPFILE_CUT_HEADER, PCAPFILE_CUT_DATA };

#define PCAPFILE_HEADER 24

/* NULL, or what is wrong (errno is set when it came from the system). */
const char *pcapfile_open(struct pcapfile *file, const char *path);
/* The same for a file that is in memory already. */
const char *pcapfile_use(struct pcapfile *file, const void *data, size_t size);
void pcapfile_close(struct pcapfile *file);

/* The record at *offset (start with PCAPFILE_HEADER), which moves on. */
enum pcapfile_status pcapfile_next(const struct pcapfile *file, size_t *offset,
				   struct pcapfile_record *record);

#endif
