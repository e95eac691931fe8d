/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * struct timeval left the kernel in 5.6, but is part of the shared ring.
 * Programs are built with the native time_t of x86_64.
 */
#ifndef _NM_TIMEVAL_H_
#define _NM_TIMEVAL_H_

#include <linux/time.h>

#include "netmap_linux_config.h"

#ifndef NETMAP_LINUX_HAVE_STRUCT_TIMEVAL
struct timeval {
	long tv_sec;
	long tv_usec;
};
#endif

#endif /* _NM_TIMEVAL_H_ */
