// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * An example of a module that decides where the packets of a VALE switch go:
 * a patch panel. Port 0 is wired to port 1, 2 to 3, and so on; addresses do
 * not matter, nothing is flooded.
 *
 *     insmod vale-lookup.ko            makes the switch valepatch
 *     pkt-gen -i valepatch:a -f tx     port 0
 *     pkt-gen -i valepatch:b -f rx     port 1
 */
#include <linux/module.h>

#include <dev/netmap/netmap_kern.h>

#define PATCH_NAME "valepatch:"

static void *patch_token;

/* Any context; must be quick. */
static u32 patch_lookup(struct nm_bdg_fwd *ft, u8 *ring, struct netmap_vp_adapter *vp,
			void *private_data)
{
	u64 *packets = private_data;

	(*packets)++;
	return vp->bdg_port ^ 1;
}

/* NIOCCONFIG on the switch: the number of packets seen, roughly. */
static u64 patch_packets;

static int patch_config(struct nm_ifreq *ifreq)
{
	memcpy(ifreq->data, &patch_packets, sizeof(patch_packets));
	return 0;
}

static struct netmap_bdg_ops patch_ops = {
	.lookup = patch_lookup,
	.config = patch_config,
};

static int __init patch_init(void)
{
	int error;

	patch_token = netmap_vale_create(PATCH_NAME, &error);
	if (!patch_token)
		return error;
	error = netmap_bdg_regops(PATCH_NAME, &patch_ops, &patch_packets, patch_token);
	if (error)
		netmap_vale_destroy(PATCH_NAME, patch_token);
	return error;
}

static void __exit patch_exit(void)
{
	/* ports may be open still: the switch then lives on and learns */
	netmap_bdg_regops(PATCH_NAME, NULL, NULL, patch_token);
	if (netmap_vale_destroy(PATCH_NAME, patch_token))
		pr_warn("valepatch is in use and stays\n");
}

module_init(patch_init);
module_exit(patch_exit);
MODULE_DESCRIPTION("A VALE switch that wires ports in pairs");
MODULE_LICENSE("Dual BSD/GPL");
