// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU front end of the passthrough devices: `-device ptnet-memdev,id=m,memory-mb=16` is a region of memory,
 * `-device ptnet,memdev=m,...` a port in it. Devices with the same `wire` are connected directly, headers and all, like two
 * guests on one switch; without it frames go to QEMU's network, finished and without headers.
 *
 * Options of ptnet: memdev, tx-rings=1, rx-rings=1, slots=256, vnet=on, host-rings=off, wire. QOM property: `stats`.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "hw/pci/pci.h"
#if NIC_QEMU_VERSION >= 800
#include "hw/pci/pci_device.h"
#endif
#include "hw/pci/msix.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "nic_plugin.h"
#include "pt_port.h"

#define TYPE_PTNET	"ptnet"
#define TYPE_MEMDEV	"ptnet-memdev"
#define MAX_PORTS	16

OBJECT_DECLARE_SIMPLE_TYPE(PtnetState, PTNET)
OBJECT_DECLARE_SIMPLE_TYPE(MemdevState, MEMDEV)

struct MemdevState {
	PCIDevice pci;
	MemoryRegion io, ram;
	uint32_t memory_mb, mem_id;
	struct pt_memory mem;
};

struct PtnetState {
	PCIDevice pci;
	MemoryRegion io, window;
	NICState *nic;
	NICConf conf;
	QEMUBH *bh;
	char *memdev, *wire;
	uint32_t tx_rings, rx_rings, slots;
	bool vnet, host_rings;
	struct pt_port port;
};

static PtnetState *ports[MAX_PORTS];	/* for wires */

/*
 * The memory device
 */

static uint64_t memdev_read(void *opaque, hwaddr addr, unsigned int size)
{
	return pt_memory_read(&((MemdevState *)opaque)->mem, addr);
}

static void memdev_write(void *opaque, hwaddr addr, uint64_t value, unsigned int size)
{
}

static const MemoryRegionOps memdev_ops = {
	.read = memdev_read,
	.write = memdev_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
	.impl = { .min_access_size = 4, .max_access_size = 4 },
};

static void memdev_realize(PCIDevice *pci, Error **errp)
{
	MemdevState *s = MEMDEV(pci);
	uint64_t size = (uint64_t)s->memory_mb << 20;

	if (!is_power_of_2(s->memory_mb)) {
		error_setg(errp, "ptnet-memdev: memory-mb must be a power of two");
		return;
	}
	memory_region_init_ram(&s->ram, OBJECT(s), "ptnet-memory", size, errp);
	if (*errp)
		return;
	if (!pt_memory_init(&s->mem, memory_region_get_ram_ptr(&s->ram), size, s->mem_id)) {
		error_setg(errp, "ptnet-memdev: memory-mb must be 2 to 1024");
		return;
	}
	memory_region_init_io(&s->io, OBJECT(s), &memdev_ops, s, "ptnet-memdev-io", 128);
	pci_register_bar(pci, PTNETMAP_IO_PCI_BAR, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
	pci_register_bar(pci, PTNETMAP_MEM_PCI_BAR,
			 PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_PREFETCH | PCI_BASE_ADDRESS_MEM_TYPE_64,
			 &s->ram);
}

/*
 * The network device
 */

static int host_dma_read(void *host, uint64_t addr, void *buf, uint32_t len)
{
	return pci_dma_read(PCI_DEVICE(host), addr, buf, len) != MEMTX_OK;
}

static int host_dma_write(void *host, uint64_t addr, const void *buf, uint32_t len)
{
	return pci_dma_write(PCI_DEVICE(host), addr, buf, len) != MEMTX_OK;
}

static void host_irq(void *host, uint32_t vector)
{
	if (msix_enabled(PCI_DEVICE(host)))
		msix_notify(PCI_DEVICE(host), vector);
}

static void to_network(void *arg, const uint8_t *frame, uint32_t len)
{
	PtnetState *s = arg;

	s->port.stats[PT_STAT_tx_wire]++;
	qemu_send_packet(qemu_get_queue(s->nic), frame, len);
}

struct delivery {
	PtnetState *from, *to;
};

static void give(PtnetState *to, const uint8_t *frame, uint32_t len, uint32_t vnet_len)
{
	if (!pt_port_receive(&to->port, frame, len, vnet_len))
		to->port.stats[PT_STAT_rx_drop_room]++;
}

static void to_peer(void *arg, const uint8_t *frame, uint32_t len)
{
	struct delivery *d = arg;

	d->from->port.stats[PT_STAT_tx_wire]++;
	give(d->to, frame, len, 0);
}

static void to_wire(PtnetState *s, uint8_t *frame, uint32_t len)
{
	for (int i = 0; i < MAX_PORTS; i++) {
		struct delivery d = { s, ports[i] };

		if (!d.to || d.to == s || !d.to->wire || strcmp(d.to->wire, s->wire))
			continue;
		if (d.to->port.vnet_len == s->port.vnet_len) {
			s->port.stats[PT_STAT_tx_wire]++;
			give(d.to, frame, len, s->port.vnet_len);
		} else if (!pt_frame_finish(&s->port, frame, len, to_peer, &d)) {
			s->port.stats[PT_STAT_tx_bad]++;
		}
	}
}

static void host_transmit(void *host, uint8_t *frame, uint32_t len)
{
	PtnetState *s = host;

	if (s->wire)
		to_wire(s, frame, len);
	else if (!pt_frame_finish(&s->port, frame, len, to_network, s))
		s->port.stats[PT_STAT_tx_bad]++;
}

static void host_room(void *host)
{
	qemu_flush_queued_packets(qemu_get_queue(((PtnetState *)host)->nic));
}

static void host_later(void *host)
{
	qemu_bh_schedule(((PtnetState *)host)->bh);
}

static const struct pt_ops host_ops = {
	.dma_read = host_dma_read,
	.dma_write = host_dma_write,
	.irq = host_irq,
	.transmit = host_transmit,
	.room = host_room,
	.later = host_later,
};

static void run_later(void *opaque)
{
	pt_port_run(&((PtnetState *)opaque)->port);
}

static uint64_t io_read(void *opaque, hwaddr addr, unsigned int size)
{
	return pt_port_read(&((PtnetState *)opaque)->port, addr);
}

static void io_write(void *opaque, hwaddr addr, uint64_t value, unsigned int size)
{
	pt_port_write(&((PtnetState *)opaque)->port, addr, value);
}

static const MemoryRegionOps io_ops = {
	.read = io_read,
	.write = io_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
	.impl = { .min_access_size = 4, .max_access_size = 4 },
};

static uint64_t window_read(void *opaque, hwaddr addr, unsigned int size)
{
	return pt_window_read(&((PtnetState *)opaque)->port, addr);
}

static void window_write(void *opaque, hwaddr addr, uint64_t value, unsigned int size)
{
	pt_window_write(&((PtnetState *)opaque)->port, addr, value);
}

static const MemoryRegionOps window_ops = {
	.read = window_read,
	.write = window_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
	.impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* 0: QEMU keeps the frame, and offers it again when the guest has made room. */
static ssize_t net_receive(NetClientState *nc, const uint8_t *frame, size_t len)
{
	PtnetState *s = qemu_get_nic_opaque(nc);

	if (s->wire || len < 14 || len > PT_FRAME_MAX)
		return len;
	return pt_port_receive(&s->port, frame, len, 0) ? (ssize_t)len : 0;
}

static NetClientInfo net_info = {
	.type = NET_CLIENT_DRIVER_NIC,
	.size = sizeof(NICState),
	.receive = net_receive,
};

static bool init_port(PtnetState *s, Error **errp)
{
	struct pt_config config = {
		.tx_rings = s->tx_rings, .rx_rings = s->rx_rings, .slots = s->slots,
		.vnet = s->vnet, .host_rings = s->host_rings,
	};
	Object *memdev = object_resolve_path_type(s->memdev ? s->memdev : "", TYPE_MEMDEV, NULL);

	if (!memdev) {
		error_setg(errp, "ptnet: memdev must be the id of a ptnet-memdev that comes before it");
		return false;
	}
	memcpy(config.mac, s->conf.macaddr.a, sizeof(config.mac));
	if (!pt_port_init(&s->port, &MEMDEV(memdev)->mem, &host_ops, s, &config)) {
		error_setg(errp, "ptnet: 1 to 32 rings of 4 to 1024 slots, as many as the memory device has room for");
		return false;
	}
	return true;
}

static void ptnet_realize(PCIDevice *pci, Error **errp)
{
	PtnetState *s = PTNET(pci);
	DeviceState *dev = DEVICE(pci);
	int i;

	qemu_macaddr_default_if_unset(&s->conf.macaddr);
	if (!init_port(s, errp) ||
	    msix_init_exclusive_bar(pci, s->tx_rings + s->rx_rings, PTNETMAP_MSIX_PCI_BAR, errp))
		return;
	for (i = 0; i < s->tx_rings + s->rx_rings; i++)
		msix_vector_use(pci, i);
	memory_region_init_io(&s->io, OBJECT(s), &io_ops, s, "ptnet-io", 256);
	memory_region_init_io(&s->window, OBJECT(s), &window_ops, s, "ptnet-window", PT_WINDOW_SIZE);
	pci_register_bar(pci, PTNETMAP_IO_PCI_BAR, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
	pci_register_bar(pci, PT_WINDOW_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->window);
	s->bh = qemu_bh_new(run_later, s);
	/* Debian's stable update of 7.2 has the argument of 8.1: the plug-in is built for one version only. */
	s->nic = qemu_new_nic(&net_info, &s->conf, object_get_typename(OBJECT(pci)), dev->id,
			      &dev->mem_reentrancy_guard, s);
	qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
	for (i = 0; i < MAX_PORTS && ports[i]; i++)
		;
	if (i < MAX_PORTS)
		ports[i] = s;
}

static void ptnet_exit(PCIDevice *pci)
{
	PtnetState *s = PTNET(pci);

	for (int i = 0; i < MAX_PORTS; i++)
		if (ports[i] == s)
			ports[i] = NULL;
	qemu_bh_delete(s->bh);
	qemu_del_nic(s->nic);
	msix_uninit_exclusive_bar(pci);
	pt_port_exit(&s->port);
}

static void ptnet_reset(DeviceState *dev)
{
	pt_port_reset(&PTNET(dev)->port);
}

static char *get_stats(Object *obj, Error **errp)
{
	GString *text = g_string_new("");

	for (unsigned int i = 0; i < PT_STAT_MAX; i++)
		g_string_append_printf(text, "%s%s=%" PRIu64, i ? " " : "", pt_stat_name(i), PTNET(obj)->port.stats[i]);
	return g_string_free(text, FALSE);
}

#if NIC_QEMU_VERSION >= 1000
#define PROPERTIES	static const Property
#define PROPERTIES_END
#else
#define PROPERTIES	static Property
#define PROPERTIES_END	DEFINE_PROP_END_OF_LIST(),
#endif

PROPERTIES memdev_properties[] = {
	DEFINE_PROP_UINT32("memory-mb", MemdevState, memory_mb, 16),
	DEFINE_PROP_UINT32("mem-id", MemdevState, mem_id, 7),
	PROPERTIES_END
};

PROPERTIES ptnet_properties[] = {
	DEFINE_NIC_PROPERTIES(PtnetState, conf),
	DEFINE_PROP_STRING("memdev", PtnetState, memdev),
	DEFINE_PROP_STRING("wire", PtnetState, wire),
	DEFINE_PROP_UINT32("tx-rings", PtnetState, tx_rings, 1),
	DEFINE_PROP_UINT32("rx-rings", PtnetState, rx_rings, 1),
	DEFINE_PROP_UINT32("slots", PtnetState, slots, 256),
	DEFINE_PROP_BOOL("vnet", PtnetState, vnet, true),
	DEFINE_PROP_BOOL("host-rings", PtnetState, host_rings, false),
	PROPERTIES_END
};

static const VMStateDescription ptnet_vmstate = { .name = TYPE_PTNET, .unmigratable = 1 };

#if NIC_QEMU_VERSION >= 1001
#define CLASS_DATA	const void
#define INTERFACES	static const InterfaceInfo
#else
#define CLASS_DATA	void
#define INTERFACES	static InterfaceInfo
#endif

static void common_class_init(ObjectClass *klass, uint16_t device)
{
	DeviceClass *dc = DEVICE_CLASS(klass);
	PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

	pc->vendor_id = PTNETMAP_PCI_VENDOR_ID;
	pc->device_id = device;
	dc->vmsd = &ptnet_vmstate;
}

static void memdev_class_init(ObjectClass *klass, CLASS_DATA *data)
{
	common_class_init(klass, PTNETMAP_PCI_DEVICE_ID);
	PCI_DEVICE_CLASS(klass)->realize = memdev_realize;
	PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_MEMORY_OTHER;
	DEVICE_CLASS(klass)->desc = "netmap passthrough memory (software model)";
	device_class_set_props(DEVICE_CLASS(klass), memdev_properties);
}

static void ptnet_class_init(ObjectClass *klass, CLASS_DATA *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);

	common_class_init(klass, PTNETMAP_PCI_NETIF_ID);
	PCI_DEVICE_CLASS(klass)->realize = ptnet_realize;
	PCI_DEVICE_CLASS(klass)->exit = ptnet_exit;
	PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_NETWORK_ETHERNET;
#if NIC_QEMU_VERSION >= 902
	device_class_set_legacy_reset(dc, ptnet_reset);
#else
	dc->reset = ptnet_reset;
#endif
	dc->desc = "netmap passthrough NIC (software model)";
	set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
	device_class_set_props(dc, ptnet_properties);
	object_class_property_add_str(klass, "stats", get_stats, NULL);
}

INTERFACES pci_interfaces[] = { { INTERFACE_CONVENTIONAL_PCI_DEVICE }, { } };

static const TypeInfo memdev_type = {
	.name = TYPE_MEMDEV,
	.parent = TYPE_PCI_DEVICE,
	.instance_size = sizeof(MemdevState),
	.class_init = memdev_class_init,
	.interfaces = pci_interfaces,
};

static const TypeInfo ptnet_type = {
	.name = TYPE_PTNET,
	.parent = TYPE_PCI_DEVICE,
	.instance_size = sizeof(PtnetState),
	.class_init = ptnet_class_init,
	.interfaces = pci_interfaces,
};

static void ptnet_register(void)
{
	type_register_static(&memdev_type);
	type_register_static(&ptnet_type);
}

NIC_PLUGIN(TYPE_PTNET, ptnet_register)
