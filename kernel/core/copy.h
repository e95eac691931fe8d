/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Copies of packets: most are short, and a call would take longer. */
#ifndef _NM_COPY_H_
#define _NM_COPY_H_

#include <linux/string.h>
#include <linux/types.h>

/* Longer packets are left to the processor's own way of copying. */
#define NM_COPY_LINES_MAX 512

#define NM_COPY_LINE 64

/* Whole lines: behind len bytes both buffers have room up to a multiple of a line. */
static __always_inline void nm_copy_lines(void *to, const void *from, u32 len)
{
	const u64 *s = from;
	u64 *d = to;
	int left;

	if (unlikely(len > NM_COPY_LINES_MAX)) {
		memcpy(to, from, len);
		return;
	}
	for (left = len; left > 0; left -= NM_COPY_LINE, s += 8, d += 8) {
		u64 a = s[0], b = s[1], c = s[2], e = s[3];

		d[0] = a;
		d[1] = b;
		d[2] = c;
		d[3] = e;
		a = s[4];
		b = s[5];
		c = s[6];
		e = s[7];
		d[4] = a;
		d[5] = b;
		d[6] = c;
		d[7] = e;
	}
}

#endif /* _NM_COPY_H_ */
