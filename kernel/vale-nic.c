// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
#include "vale.h"

bool nm_bwrap_is(struct netmap_adapter *na)
{
	return false;
}

void nm_vale_detach_all(struct nm_switch *sw)
{
}
