/* SPDX-License-Identifier: BSD-2-Clause */
/* nullport N: asks for N extra buffers on a null port of region 1 and prints how many it got. */
#include "nmtest.h"

int main(int argc, char **argv)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_NULL, .nr_mem_id = 1 };

	reg.nr_extra_bufs = argc > 1 ? atoi(argv[1]) : 0;
	if (nt_register(nt_open(), "null", &reg))
		return 1;
	printf("%u\n", reg.nr_extra_bufs);
	return 0;
}
