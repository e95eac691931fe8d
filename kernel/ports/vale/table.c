// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Which MAC address is behind which port. A direct-mapped table of single
 * words: no entry is ever seen half written, so there is no lock. Entries do
 * not age; a collision overwrites.
 */
#include "vale.h"

#define NM_ENTRY_USED BIT_ULL(63)
#define NM_ENTRY_PORT 48

static u32 nm_table_hash(u64 mac)
{
	BUILD_BUG_ON(NM_BDG_HASH != 1024);
	return (mac * 0x9e3779b97f4a7c15ULL) >> 54;
}

static void nm_table_learn(struct nm_switch *sw, struct netmap_vp_adapter *vp,
			   u64 mac)
{
	u64 entry = mac | (u64)vp->bdg_port << NM_ENTRY_PORT | NM_ENTRY_USED;

	WRITE_ONCE(sw->table[nm_table_hash(mac)], entry);
	vp->last_smac = mac;
}

/**
 * nm_table_lookup() - learn one address, look the other up
 * @sw: the switch
 * @vp: port that the packet came from
 * @dst: destination address, the first byte on the wire in the lowest bits
 * @src: source address, likewise
 *
 * Return: port of the destination, NM_BDG_BROADCAST if it is unknown or a
 * group, NM_BDG_NOPORT if it is the port that the packet came from
 */
u32 nm_table_lookup(struct nm_switch *sw, struct netmap_vp_adapter *vp, u64 dst,
		    u64 src)
{
	u64 entry;
	u32 port;

	if (src != vp->last_smac && !(src & NM_MAC_GROUP))
		nm_table_learn(sw, vp, src);
	if (dst & NM_MAC_GROUP)
		return NM_BDG_BROADCAST;
	entry = READ_ONCE(sw->table[nm_table_hash(dst)]);
	if (!(entry & NM_ENTRY_USED) || (entry & NM_MAC_MASK) != dst)
		return NM_BDG_BROADCAST;
	port = entry >> NM_ENTRY_PORT & 0xff;
	return port == vp->bdg_port ? NM_BDG_NOPORT : port;
}
