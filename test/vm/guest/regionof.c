/* SPDX-License-Identifier: BSD-2-Clause */
/* regionof PORT ID: registers PORT in region ID (0: its own); prints "success REGION", or the name of the error. */
#include "nmtest.h"

int main(int argc, char **argv)
{
	struct nmreq_register reg = {};
	int error;

	if (argc != 3)
		return 2;
	reg.nr_mem_id = atoi(argv[2]);
	error = nt_register(nt_open(), argv[1], &reg);
	if (error)
		puts(nt_errno(error));
	else
		printf("success %u\n", reg.nr_mem_id);
	return 0;
}
