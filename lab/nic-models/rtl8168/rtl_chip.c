// SPDX-License-Identifier: MIT
#include <string.h>
#include "rtl_nic.h"

/*
 * XIDs are those of rtl_chip_infos[] in r8169_main.c, PHY ids those of realtek.c (the driver refuses a generic PHY).
 * The first entry is the default.
 */
static const struct rtl_chip rtl_chips[] = {
	{ "8168h",   0x541, 0x8168, 0x15, RTL_FAMILY_8168G, 0x001cc800, 0x1000 },
	{ "8168g",   0x4c0, 0x8168, 0x0c, RTL_FAMILY_8168G, 0x001cc800, 0x1000 },
	{ "8168f",   0x480, 0x8168, 0x07, RTL_FAMILY_8168E, 0x001cc915, 0x1000 },
	{ "8168evl", 0x2c8, 0x8168, 0x06, RTL_FAMILY_8168E, 0x001cc915, 0x1000 },
	{ "8125a",   0x609, 0x8125, 0x04, RTL_FAMILY_8125,  0x001cc800, 0x10000 },
	{ "8125b",   0x641, 0x8125, 0x05, RTL_FAMILY_8125,  0x001cc840, 0x10000 },
};

/* The chip of that name, the default one for NULL, or NULL when there is none. */
const struct rtl_chip *rtl_chip_find(const char *name)
{
	if (!name)
		return &rtl_chips[0];
	for (size_t i = 0; i < sizeof(rtl_chips) / sizeof(rtl_chips[0]); i++)
		if (!strcmp(rtl_chips[i].name, name))
			return &rtl_chips[i];
	return NULL;
}
