/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portinfo PORT TX RX: the port can be registered and has so many rings.
 * portinfo --busy PORT: registering it fails with EBUSY.
 */
#include "nmtest.h"

int main(int argc, char **argv)
{
	struct nmreq_register reg = {};
	int error;

	if (argc == 3 && !strcmp(argv[1], "--busy"))
		return nt_register(nt_open(), argv[2], &reg) != EBUSY;
	if (argc != 4)
		return 2;
	error = nt_register(nt_open(), argv[1], &reg);
	printf("%s: %s, %d and %d rings\n", argv[1], nt_errno(error),
	       reg.nr_tx_rings, reg.nr_rx_rings);
	return error || reg.nr_tx_rings != atoi(argv[2]) ||
	       reg.nr_rx_rings != atoi(argv[3]);
}
