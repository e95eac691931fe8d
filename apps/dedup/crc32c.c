// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "crc32c.h"

#define POLYNOMIAL 0x82f63b78 /* reflected */

uint32_t
crc32c_software(const void *data, size_t len)
{
	static uint32_t table[256];
	const uint8_t *p = data;
	uint32_t crc = ~0u;

	if (!table[1]) {
		uint32_t i, bit;

		for (i = 0; i < 256; i++) {
			uint32_t c = i;

			for (bit = 0; bit < 8; bit++)
				c = c & 1 ? POLYNOMIAL ^ c >> 1 : c >> 1;
			table[i] = c;
		}
	}
	while (len--)
		crc = table[(crc ^ *p++) & 0xff] ^ crc >> 8;
	return ~crc;
}

#if defined(__x86_64__)
static uint32_t __attribute__((target("sse4.2")))
crc32c_sse42(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t crc = ~0u;

	for (; len >= 8; len -= 8, p += 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		crc = __builtin_ia32_crc32di(crc, word);
	}
	while (len--)
		crc = __builtin_ia32_crc32qi((uint32_t)crc, *p++);
	return ~(uint32_t)crc;
}

uint32_t
crc32c(const void *data, size_t len)
{
	return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(data, len) :
						  crc32c_software(data, len);
}
#else
uint32_t
crc32c(const void *data, size_t len)
{
	return crc32c_software(data, len);
}
#endif
