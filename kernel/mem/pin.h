/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Pinned pages of a program: pin.c. */
#ifndef _NM_PIN_H_
#define _NM_PIN_H_

struct nm_pins {
	struct page **pages; /* NULL = none */
	u32 num;
	const struct cred *cred; /* whose limit they count against, or NULL */
};

int nm_pins_get(struct nm_pins *pins, u64 start, u64 size);
void nm_pins_put(struct nm_pins *pins);

#endif /* _NM_PIN_H_ */
