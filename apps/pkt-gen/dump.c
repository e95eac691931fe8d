// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include "pkt-gen.h"

#define LINE_BYTES 16
#define ASCII_COLUMN 55

/* One slot in hexadecimal and ASCII on stdout, in one piece. */
void
dump_packet(const char *data, int len, const struct netmap_ring *ring, uint32_t cur)
{
	char line[ASCII_COLUMN + LINE_BYTES + 1];
	int offset, i;

	flockfile(stdout);
	printf("ring %p cur %5u [buf %6u flags 0x%04x len %5d]\n", (const void *)ring, cur,
	       ring->slot[cur].buf_idx, ring->slot[cur].flags, len);
	for (offset = 0; offset < len; offset += LINE_BYTES) {
		int n = len - offset < LINE_BYTES ? len - offset : LINE_BYTES;
		int at = snprintf(line, sizeof(line), "%5d: ", offset);

		for (i = 0; i < n; i++)
			at += snprintf(line + at, sizeof(line) - (size_t)at, "%02x ",
				       (uint8_t)data[offset + i]);
		for (; at < ASCII_COLUMN; at++)
			line[at] = ' ';
		for (i = 0; i < n; i++) {
			unsigned char c = (unsigned char)data[offset + i];

			line[ASCII_COLUMN + i] = isprint(c) ? (char)c : '.';
		}
		line[ASCII_COLUMN + n] = '\0';
		puts(line);
	}
	funlockfile(stdout);
}
