/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiles only if the public headers have the layout of kernel/core/abi.def. */
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/types.h>
#include <net/netmap.h>

#define NM_ABI_STRUCT(s, size, align)					\
	_Static_assert(sizeof(struct s) == (size), #s);			\
	_Static_assert(_Alignof(struct s) == (align), #s);
#define NM_ABI_FIELD(s, m, offset, size)				\
	_Static_assert(offsetof(struct s, m) == (offset), #s "." #m);	\
	_Static_assert(sizeof(((struct s *)0)->m) == (size), #s "." #m);
#define NM_ABI_FLEX(s, m, offset)					\
	_Static_assert(offsetof(struct s, m) == (offset), #s "." #m);
#define NM_ABI_VALUE(name, value) _Static_assert((name) == (value), #name);

#include "../../kernel/core/abi.def"

int main(void)
{
	return 0;
}
