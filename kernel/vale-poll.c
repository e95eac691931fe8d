// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
#include "vale.h"

void nm_poll_stop(struct netmap_vp_adapter *vp)
{
}
