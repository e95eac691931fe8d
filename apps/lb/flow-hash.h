/* SPDX-License-Identifier: BSD-2-Clause */
/* The symmetric flow hash of lb: both directions of a connection have the same one. */
#ifndef LB_FLOW_HASH_H_
#define LB_FLOW_HASH_H_

#include <stddef.h>
#include <stdint.h>

/* The hash of an Ethernet frame; 0 when it has none (malformed, unknown tunnel content). */
uint32_t flow_hash(const uint8_t *frame, size_t len);

#endif
