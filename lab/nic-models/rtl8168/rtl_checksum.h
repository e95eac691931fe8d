/* SPDX-License-Identifier: MIT */
#ifndef RTL_CHECKSUM_H
#define RTL_CHECKSUM_H

#include <stdint.h>

#define PROTO_TCP	6
#define PROTO_UDP	17

/* Sum of big-endian 16-bit words, an odd last byte padded with 0, added to sum. */
uint32_t rtl_sum(const uint8_t *data, uint32_t len, uint32_t sum);
/* The one's complement of a sum, folded to 16 bits. */
uint16_t rtl_sum_fold(uint32_t sum);
/* TCP or UDP checksum with the pseudo header of the IPv4 or IPv6 header at ip; 0 over data that is right. */
uint16_t rtl_sum_transport(const uint8_t *ip, unsigned int proto, const uint8_t *data, uint32_t len);
/* Ethernet frame check sequence. */
uint32_t rtl_frame_check(const uint8_t *data, uint32_t len);
/* Bit of the 64-bit multicast table: the top six bits of the big-endian Ethernet CRC of the address. */
unsigned int rtl_multicast_hash(const uint8_t addr[6]);

#endif /* RTL_CHECKSUM_H */
