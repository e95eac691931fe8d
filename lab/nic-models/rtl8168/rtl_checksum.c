// SPDX-License-Identifier: MIT
#include "rtl_bytes.h"
#include "rtl_checksum.h"

#define CRC_REFLECTED	0xedb88320u
#define CRC_NORMAL	0x04c11db7u

uint32_t rtl_sum(const uint8_t *data, uint32_t len, uint32_t sum)
{
	for (; len > 1; data += 2, len -= 2)
		sum += get_be16(data);
	if (len)
		sum += data[0] << 8;
	return sum;
}

uint16_t rtl_sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint16_t rtl_sum_transport(const uint8_t *ip, unsigned int proto, const uint8_t *data, uint32_t len)
{
	uint32_t sum = proto + len;

	if ((ip[0] >> 4) == 4)
		sum = rtl_sum(ip + 12, 8, sum);
	else
		sum = rtl_sum(ip + 8, 32, sum);
	return rtl_sum_fold(rtl_sum(data, len, sum));
}

/* Four bytes at a time: every received frame passes here. */
static uint32_t crc_table[4][256];

static void __attribute__((constructor)) crc_table_init(void)
{
	for (unsigned int i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ CRC_REFLECTED : crc >> 1;
		crc_table[0][i] = crc;
	}
	for (unsigned int i = 0; i < 256; i++)
		for (int k = 1; k < 4; k++)
			crc_table[k][i] = crc_table[k - 1][i] >> 8 ^ crc_table[0][crc_table[k - 1][i] & 255];
}

uint32_t rtl_frame_check(const uint8_t *data, uint32_t len)
{
	uint32_t crc = ~0u;

	for (; len >= 4; data += 4, len -= 4) {
		crc ^= get_le32(data);
		crc = crc_table[3][crc & 255] ^ crc_table[2][crc >> 8 & 255] ^
		      crc_table[1][crc >> 16 & 255] ^ crc_table[0][crc >> 24];
	}
	while (len--)
		crc = crc_table[0][(crc ^ *data++) & 255] ^ crc >> 8;
	return ~crc;
}

unsigned int rtl_multicast_hash(const uint8_t addr[6])
{
	uint32_t crc = ~0u;

	for (int i = 0; i < 6; i++)
		for (int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ ((crc >> 31) ^ (addr[i] >> bit & 1) ? CRC_NORMAL : 0);
	return crc >> 26;
}
