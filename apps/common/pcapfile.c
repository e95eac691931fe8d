// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pcapfile.h"

#define MAGIC_US 0xa1b2c3d4
#define MAGIC_NS 0xa1b23c4d
#define RECORD_HEADER 16

static uint32_t
read32(const struct pcapfile *file, const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return file->swapped ? __builtin_bswap32(value) : value;
}

const char *
pcapfile_use(struct pcapfile *file, const void *data, size_t size)
{
	uint32_t magic;

	memset(file, 0, sizeof(*file));
	file->data = data;
	file->size = size;
	if (size < PCAPFILE_HEADER)
		return "file is shorter than a pcap header";
	file->magic = magic = read32(file, file->data);
	if (magic != MAGIC_US && magic != MAGIC_NS) {
		file->swapped = 1;
		magic = __builtin_bswap32(magic);
	}
	if (magic != MAGIC_US && magic != MAGIC_NS)
		return "unknown magic";
	file->resolution_ns = magic == MAGIC_US ? 1000 : 1;
	return NULL;
}

const char *
pcapfile_open(struct pcapfile *file, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *wrong;
	struct stat st;
	void *data;

	memset(file, 0, sizeof(*file));
	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return strerror(errno = EISDIR);
	}
	if (fstat(fd, &st) < 0 || st.st_size < PCAPFILE_HEADER) {
		close(fd);
		errno = EINVAL;
		return "file is shorter than a pcap header";
	}
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return strerror(errno);
	wrong = pcapfile_use(file, data, (size_t)st.st_size);
	if (wrong)
		munmap(data, (size_t)st.st_size);
	return wrong;
}

void
pcapfile_close(struct pcapfile *file)
{
	munmap((void *)(uintptr_t)file->data, file->size);
}

enum pcapfile_status
pcapfile_next(const struct pcapfile *file, size_t *offset, struct pcapfile_record *record)
{
	const uint8_t *header = file->data + *offset;
	size_t left = file->size - *offset;

	if (left == 0)
		return PCAPFILE_END;
	if (left < RECORD_HEADER)
		return PCAPFILE_CUT_HEADER;
	record->time_ns = (uint64_t)read32(file, header) * 1000000000ULL +
			  (uint64_t)read32(file, header + 4) * file->resolution_ns;
	record->captured = read32(file, header + 8);
	record->length = read32(file, header + 12);
	record->data = header + RECORD_HEADER;
	if (left - RECORD_HEADER < record->captured)
		return PCAPFILE_CUT_DATA;
	*offset += RECORD_HEADER + record->captured;
	return PCAPFILE_RECORD;
}
