/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEDUP_CRC32C_H_
#define DEDUP_CRC32C_H_

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli) of len bytes; by the processor's instruction where there is one. */
uint32_t crc32c(const void *data, size_t len);
/* The same by table. */
uint32_t crc32c_software(const void *data, size_t len);

#endif
