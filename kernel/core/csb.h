/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The arrays of CSB mode, between csb.c and kloop.c. */
#ifndef _NM_CSB_H_
#define _NM_CSB_H_

#include "mem/pin.h"

struct nm_csb_map {
	struct nm_pins pins;
	void *base; /* whole pages */
	void __nmshared *first; /* the first entry */
};

struct nm_csb {
	struct nm_chore chore; /* its end */
	u32 num; /* entries, one per bound ring, TX rings first */
	struct nm_csb_map atok;
	struct nm_csb_map ktoa;
};

#endif /* _NM_CSB_H_ */
