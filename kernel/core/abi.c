// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The module does not compile if its interface to programs has changed.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>

#include "core.h"

#define NM_ABI_STRUCT(s, size, align)					\
	static_assert(sizeof(struct s) == (size));			\
	static_assert(__alignof__(struct s) == (align));
#define NM_ABI_FIELD(s, m, offset, size)				\
	static_assert(offsetof(struct s, m) == (offset));		\
	static_assert(sizeof_field(struct s, m) == (size));
#define NM_ABI_FLEX(s, m, offset)					\
	static_assert(offsetof(struct s, m) == (offset));
#define NM_ABI_VALUE(name, value) static_assert((name) == (value));

#include "abi.def"
