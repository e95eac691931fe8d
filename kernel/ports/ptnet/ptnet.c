// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The PCI driver of passthrough devices: what the registers of the network
 * device say at probe, and its interface.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "ports/ports.h"
#include "ptnet.h"

#define NM_PTNET_SLOTS_MIN 4
#define NM_PTNET_SLOTS_MAX 65536
#define NM_PTNET_VNET_LEN 12 /* struct virtio_net_hdr_mrg_rxbuf */

static int ptnet_vnet_hdr = 1;
module_param(ptnet_vnet_hdr, int, 0644);
MODULE_PARM_DESC(ptnet_vnet_hdr, "Ask ptnet devices for virtio-net headers");

/*
 * Probe and remove
 */

/* What the device says of itself before anything of it is used. */
static int nm_ptnet_check(struct pci_dev *pdev, void __iomem *regs,
			  u32 num[NR_TXRX], u32 slots[NR_TXRX])
{
	u64 total;

	num[NR_TX] = ioread32(regs + PTNET_IO_NUM_TX_RINGS);
	num[NR_RX] = ioread32(regs + PTNET_IO_NUM_RX_RINGS);
	slots[NR_TX] = ioread32(regs + PTNET_IO_NUM_TX_SLOTS);
	slots[NR_RX] = ioread32(regs + PTNET_IO_NUM_RX_SLOTS);
	total = (u64)num[NR_TX] + num[NR_RX];
	if (!num[NR_TX] || !num[NR_RX] ||
	    total * sizeof(struct nm_csb_atok) > PAGE_SIZE ||
	    PTNET_IO_KICK_BASE + 4 * total >
		    pci_resource_len(pdev, PTNETMAP_IO_PCI_BAR)) {
		pci_err(pdev, "%u TX and %u RX rings: not one each, or more than a page or the BAR can serve\n",
			num[NR_TX], num[NR_RX]);
		return -EINVAL;
	}
	if (min(slots[NR_TX], slots[NR_RX]) < NM_PTNET_SLOTS_MIN ||
	    max(slots[NR_TX], slots[NR_RX]) > NM_PTNET_SLOTS_MAX) {
		pci_err(pdev, "rings of %u TX and %u RX slots: allowed are %u to %u\n",
			slots[NR_TX], slots[NR_RX], NM_PTNET_SLOTS_MIN,
			NM_PTNET_SLOTS_MAX);
		return -EINVAL;
	}
	return 0;
}

static int nm_ptnet_vnet(struct nm_ptnet *pn)
{
	u32 want = ptnet_vnet_hdr ? PTNETMAP_F_VNET_HDR : 0, len;

	iowrite32(want, pn->regs + PTNET_IO_PTFEAT);
	want &= ioread32(pn->regs + PTNET_IO_PTFEAT);
	iowrite32(want ? NM_PTNET_VNET_LEN : 0, pn->regs + PTNET_IO_VNET_HDR_LEN);
	len = ioread32(pn->regs + PTNET_IO_VNET_HDR_LEN);
	if (len == (want ? NM_PTNET_VNET_LEN : 0)) {
		pn->vnet_len = len;
		return 0;
	}
	pci_err(pn->pdev, "the host wants virtio-net headers of %u bytes\n", len);
	return -EINVAL;
}

static void nm_ptnet_mac(struct nm_ptnet *pn)
{
	u32 hi = ioread32(pn->regs + PTNET_IO_MAC_HI);
	u32 lo = ioread32(pn->regs + PTNET_IO_MAC_LO);
	u8 mac[ETH_ALEN] = { hi >> 8, hi, lo >> 24, lo >> 16, lo >> 8, lo };

	if (is_valid_ether_addr(mac)) {
		nm_hw_addr_set(pn->dev, mac);
		return;
	}
	pci_warn(pn->pdev, "the host has no valid address for it: a random one is used\n");
	eth_hw_addr_random(pn->dev);
}

static void nm_ptnet_csb_tell(struct nm_ptnet *pn, u64 guest, u64 host)
{
	iowrite32(upper_32_bits(guest), pn->regs + PTNET_IO_CSB_GH_BAH);
	iowrite32(lower_32_bits(guest), pn->regs + PTNET_IO_CSB_GH_BAL);
	iowrite32(upper_32_bits(host), pn->regs + PTNET_IO_CSB_HG_BAH);
	iowrite32(lower_32_bits(host), pn->regs + PTNET_IO_CSB_HG_BAL);
}

static int nm_ptnet_csb_init(struct nm_ptnet *pn)
{
	pn->csb = dma_alloc_coherent(&pn->pdev->dev, 2 * PAGE_SIZE, &pn->csb_bus,
				     GFP_KERNEL);
	if (!pn->csb)
		return -ENOMEM;
	nm_ptnet_csb_tell(pn, pn->csb_bus, pn->csb_bus + PAGE_SIZE);
	return 0;
}

static void nm_ptnet_csb_exit(struct nm_ptnet *pn)
{
	nm_ptnet_csb_tell(pn, 0, 0);
	dma_free_coherent(&pn->pdev->dev, 2 * PAGE_SIZE, pn->csb, pn->csb_bus);
}

static int nm_ptnet_rings_init(struct nm_ptnet *pn)
{
	u32 k, n = nm_ptnet_num_rings(pn);

	pn->rings = kcalloc(n, sizeof(*pn->rings), GFP_KERNEL);
	if (!pn->rings)
		return -ENOMEM;
	for (k = 0; k < n; k++) {
		struct nm_ptnet_ring *r = &pn->rings[k];

		r->pn = pn;
		r->t = k < pn->num[NR_TX] ? NR_TX : NR_RX;
		r->i = r->t == NR_TX ? k : k - pn->num[NR_TX];
		r->lim = pn->slots[r->t] - 1;
		r->atok = (struct nm_csb_atok __nmshared *)nm_shared_of(pn->csb) + k;
		r->ktoa = (struct nm_csb_ktoa __nmshared *)nm_shared_of(pn->csb + PAGE_SIZE) + k;
		r->kick = pn->regs + PTNET_IO_KICK_BASE + 4 * k;
		snprintf(r->name, sizeof(r->name), "%s-%s%u", pci_name(pn->pdev),
			 r->t == NR_TX ? "tx" : "rx", r->i);
		nm_ptnet_napi_add(r);
	}
	return 0;
}

static void nm_ptnet_rings_exit(struct nm_ptnet *pn)
{
	u32 i;

	for (i = 0; i < nm_ptnet_num_rings(pn); i++)
		netif_napi_del(&pn->rings[i].napi);
	kfree(pn->rings);
}

/* The device of an interface: everything below the interface itself. */
static int nm_ptnet_init(struct nm_ptnet *pn)
{
	int error;

	pn->mem = nm_guest_mem_get(ioread32(pn->regs + PTNET_IO_HOSTMEMID));
	if (IS_ERR(pn->mem))
		return PTR_ERR(pn->mem);
	error = nm_ptnet_vnet(pn);
	if (error)
		goto err_mem;
	error = nm_ptnet_csb_init(pn);
	if (error)
		goto err_mem;
	error = nm_ptnet_rings_init(pn);
	if (error)
		goto err_csb;
	error = nm_ptnet_irqs_request(pn);
	if (error)
		goto err_rings;
	return 0;

err_rings:
	nm_ptnet_rings_exit(pn);
err_csb:
	nm_ptnet_csb_exit(pn);
err_mem:
	netmap_mem_put(pn->mem);
	return error;
}

static void nm_ptnet_exit(struct nm_ptnet *pn)
{
	nm_ptnet_irqs_free(pn);
	nm_ptnet_rings_exit(pn);
	nm_ptnet_csb_exit(pn);
	netmap_mem_put(pn->mem);
}

static int nm_ptnet_create(struct pci_dev *pdev, void __iomem *regs)
{
	u32 num[NR_TXRX], slots[NR_TXRX], pairs;
	struct net_device *dev;
	struct nm_ptnet *pn;
	int error = nm_ptnet_check(pdev, regs, num, slots);

	if (error)
		return error;
	pairs = min(num[NR_TX], num[NR_RX]);
	dev = alloc_etherdev_mq(sizeof(*pn), pairs);
	if (!dev)
		return -ENOMEM;
	SET_NETDEV_DEV(dev, &pdev->dev);
	pn = netdev_priv(dev);
	*pn = (struct nm_ptnet){ .dev = dev, .pdev = pdev, .regs = regs,
				 .pairs = pairs };
	memcpy(pn->num, num, sizeof(pn->num));
	memcpy(pn->slots, slots, sizeof(pn->slots));
	dev->netdev_ops = &nm_ptnet_ops;
	dev->ethtool_ops = &nm_ptnet_ethtool_ops;
	error = nm_ptnet_init(pn);
	if (error)
		goto err_dev;
	nm_ptnet_mac(pn);
	nm_ptnet_features(dev);
	error = register_netdev(dev);
	if (error)
		goto err_init;
	error = nm_ptnet_attach(pn);
	if (error)
		goto err_register;
	pci_set_drvdata(pdev, pn);
	return 0;

err_register:
	unregister_netdev(dev);
err_init:
	nm_ptnet_exit(pn);
err_dev:
	free_netdev(dev);
	return error;
}

static int nm_ptnet_nic_probe(struct pci_dev *pdev)
{
	void __iomem *regs;
	int error;

	if (pci_resource_len(pdev, PTNETMAP_IO_PCI_BAR) < PTNET_IO_MASK + 1)
		return -ENODEV;
	error = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (error)
		return error;
	regs = pci_iomap(pdev, PTNETMAP_IO_PCI_BAR, 0);
	if (!regs)
		return -ENOMEM;
	pci_set_master(pdev);
	error = nm_ptnet_create(pdev, regs);
	if (error) {
		pci_clear_master(pdev);
		pci_iounmap(pdev, regs);
	}
	return error;
}

static void nm_ptnet_nic_remove(struct pci_dev *pdev)
{
	struct nm_ptnet *pn = pci_get_drvdata(pdev);
	void __iomem *regs = pn->regs;

	/* the first takes programs off the rings, the second the stack */
	netmap_detach(pn->dev);
	unregister_netdev(pn->dev);
	nm_ptnet_exit(pn);
	free_netdev(pn->dev);
	pci_clear_master(pdev);
	pci_iounmap(pdev, regs);
}

static int nm_ptnet_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int error;

	/* QEMU gives its PCIe root port and its USB controller the same ids */
	if (pdev->hdr_type != PCI_HEADER_TYPE_NORMAL ||
	    pdev->class >> 16 == PCI_BASE_CLASS_SERIAL)
		return -ENODEV;
	error = pci_enable_device(pdev);
	if (error)
		return error;
	error = pci_request_regions(pdev, PTNETMAP_MEMDEV_NAME);
	if (error)
		goto err_enable;
	if (id->device == PTNETMAP_PCI_DEVICE_ID)
		error = nm_guest_mem_probe(pdev);
	else
		error = nm_ptnet_nic_probe(pdev);
	if (error)
		goto err_regions;
	return 0;

err_regions:
	pci_release_regions(pdev);
err_enable:
	pci_disable_device(pdev);
	return error;
}

static void nm_ptnet_remove(struct pci_dev *pdev)
{
	if (pdev->device == PTNETMAP_PCI_DEVICE_ID)
		nm_guest_mem_remove(pdev);
	else
		nm_ptnet_nic_remove(pdev);
	pci_release_regions(pdev);
	pci_disable_device(pdev);
}

/*
 * No MODULE_DEVICE_TABLE: with those ids the module would load by itself
 * wherever QEMU has a PCIe root port.
 */
static const struct pci_device_id nm_ptnet_ids[] = {
	{ PCI_DEVICE(PTNETMAP_PCI_VENDOR_ID, PTNETMAP_PCI_DEVICE_ID) },
	{ PCI_DEVICE(PTNETMAP_PCI_VENDOR_ID, PTNETMAP_PCI_NETIF_ID) },
	{ }
};

static struct pci_driver nm_ptnet_driver = {
	.name = "ptnetmap-guest-drivers",
	.id_table = nm_ptnet_ids,
	.probe = nm_ptnet_probe,
	.remove = nm_ptnet_remove,
};

int nm_ptnet_init_driver(void)
{
	return pci_register_driver(&nm_ptnet_driver);
}

void nm_ptnet_exit_driver(void)
{
	pci_unregister_driver(&nm_ptnet_driver);
}
