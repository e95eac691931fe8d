// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU front end of the software RTL8168: a shared object that is LD_PRELOADed into a stock qemu-system-x86_64, which
 * exports the symbols it needs. A constructor registers the device type before main, and `-device rtl8168` exists.
 *
 * Options: chip=8168h aneg-ms=1000 tx-sync=off tx-delay-ns=0 msix=on rx-buf-max=0 trace=FILE.
 * QOM properties: `stats` (read), `fault` (write "name=count", read what is armed).
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/pci/pci.h"
#if NIC_QEMU_VERSION >= 800
#include "hw/pci/pci_device.h"
#endif
#include "hw/pci/pcie.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "nic_plugin.h"
#include "rtl_nic.h"

#define TYPE_RTL8168	"rtl8168"
OBJECT_DECLARE_SIMPLE_TYPE(Rtl8168State, RTL8168)

#define PM_CAP		0x40
#define MSI_CAP		0x50
#define EXPRESS_CAP	0x70
/* the core's port logic in extended configuration space; the driver writes 0x70c, 0x70f and 0x890 */
#define PORT_LOGIC	0x700
#define PORT_LOGIC_SIZE	0x200
#define MSIX_BAR	4
#define MSIX_VECTORS	4

struct Rtl8168State {
	PCIDevice pci;
	MemoryRegion mmio, io, guard;
	NICState *nic;
	NICConf conf;
	QEMUTimer *timers[RTL_TIMER_MAX];
	QEMUBH *tx_bh;
	FILE *log;
	char *chip, *trace_file;
	bool tx_sync, msix, pause;
	uint32_t tx_delay_ns, aneg_ms, rx_buf_max;
	struct rtl_nic model;
};

static int host_dma_read(void *host, uint64_t addr, void *buf, uint32_t len)
{
	return pci_dma_read(PCI_DEVICE(host), addr, buf, len) != MEMTX_OK;
}

static int host_dma_write(void *host, uint64_t addr, const void *buf, uint32_t len)
{
	return pci_dma_write(PCI_DEVICE(host), addr, buf, len) != MEMTX_OK;
}

static void host_irq(void *host, int level)
{
	PCIDevice *pci = PCI_DEVICE(host);

	if (msix_enabled(pci)) {
		if (level)
			msix_notify(pci, 0);
	} else if (msi_enabled(pci)) {
		if (level)
			msi_notify(pci, 0);
	} else {
		pci_set_irq(pci, level);
	}
}

static void host_transmit(void *host, const uint8_t *frame, uint32_t len)
{
	Rtl8168State *s = host;

	qemu_send_packet(qemu_get_queue(s->nic), frame, len);
}

static bool host_can_transmit(void *host)
{
	Rtl8168State *s = host;

	/* without flow control the peer never asks to wait; a hub without another port never takes a frame */
	return !s->pause || qemu_can_send_packet(qemu_get_queue(s->nic));
}

static void host_timer(void *host, enum rtl_timer timer, uint64_t delay_ns)
{
	Rtl8168State *s = host;

	if (timer == RTL_TIMER_TX && !delay_ns)
		qemu_bh_schedule(s->tx_bh);
	else
		timer_mod(s->timers[timer], qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + delay_ns);
}

static uint32_t host_config_read(void *host, uint32_t addr)
{
	PCIDevice *pci = PCI_DEVICE(host);

	return addr + 4 <= pci_config_size(pci) ? ldl_le_p(pci->config + addr) : ~0u;
}

/* Only what the driver may reach through CSI; the header belongs to the bus. */
static void host_config_write(void *host, uint32_t addr, uint32_t value, uint32_t mask)
{
	PCIDevice *pci = PCI_DEVICE(host);

	if (addr + 4 > pci_config_size(pci) || addr < PM_CAP)
		return;
	mask &= ldl_le_p(pci->wmask + addr);
	stl_le_p(pci->config + addr, (ldl_le_p(pci->config + addr) & ~mask) | (value & mask));
}

/* Without a trace file the log goes to QEMU's stderr: only defects are logged then. */
static void host_log(void *host, const char *line)
{
	Rtl8168State *s = host;
	int64_t us = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / 1000;

	fprintf(s->log ? s->log : stderr, "rtl8168 %s %" PRId64 " %s\n", DEVICE(s)->id ? DEVICE(s)->id : "?", us, line);
}

static const struct rtl_host_ops host_ops = {
	.dma_read = host_dma_read,
	.dma_write = host_dma_write,
	.irq = host_irq,
	.transmit = host_transmit,
	.can_transmit = host_can_transmit,
	.timer = host_timer,
	.config_read = host_config_read,
	.config_write = host_config_write,
	.log = host_log,
};

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned int size)
{
	return rtl_mmio_read(&((Rtl8168State *)opaque)->model, addr, size);
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned int size)
{
	rtl_mmio_write(&((Rtl8168State *)opaque)->model, addr, value, size);
}

static const MemoryRegionOps mmio_ops = {
	.read = mmio_read,
	.write = mmio_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 1, .max_access_size = 4 },
	.impl = { .min_access_size = 1, .max_access_size = 4 },
};

static uint64_t guard_read(void *opaque, hwaddr addr, unsigned int size)
{
	return rtl_guard_read(&((Rtl8168State *)opaque)->model, addr);
}

static void guard_write(void *opaque, hwaddr addr, uint64_t value, unsigned int size)
{
	rtl_guard_write(&((Rtl8168State *)opaque)->model, addr, value);
}

static const MemoryRegionOps guard_ops = {
	.read = guard_read,
	.write = guard_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
	.impl = { .min_access_size = 4, .max_access_size = 4 },
};

static void tx_timer(void *opaque)
{
	rtl_nic_timer(&((Rtl8168State *)opaque)->model, RTL_TIMER_TX);
}

static void rx_timer(void *opaque)
{
	Rtl8168State *s = opaque;

	rtl_nic_timer(&s->model, RTL_TIMER_RX);
	if (s->model.pause && !rtl_fifo_pauses(&s->model))
		qemu_flush_queued_packets(qemu_get_queue(s->nic));
}

static void link_timer(void *opaque)
{
	rtl_nic_timer(&((Rtl8168State *)opaque)->model, RTL_TIMER_LINK);
}

static ssize_t net_receive(NetClientState *nc, const uint8_t *frame, size_t len)
{
	Rtl8168State *s = qemu_get_nic_opaque(nc);

	rtl_rx_frame(&s->model, frame, len);
	return len;	/* what the chip drops is lost, as on a wire */
}

static bool net_can_receive(NetClientState *nc)
{
	Rtl8168State *s = qemu_get_nic_opaque(nc);

	return !rtl_fifo_pauses(&s->model);
}

static void net_link_changed(NetClientState *nc)
{
	Rtl8168State *s = qemu_get_nic_opaque(nc);

	rtl_set_cable(&s->model, !nc->link_down);
}

static NetClientInfo net_info = {
	.type = NET_CLIENT_DRIVER_NIC,
	.size = sizeof(NICState),
	.can_receive = net_can_receive,
	.receive = net_receive,
	.link_status_changed = net_link_changed,
};

static void init_model(Rtl8168State *s, const struct rtl_chip *chip)
{
	rtl_nic_init(&s->model, &host_ops, s, chip, s->conf.macaddr.a);
	s->model.tx_sync = s->tx_sync;
	s->model.pause = s->pause;
	s->model.tx_delay_ns = s->tx_delay_ns;
	s->model.aneg_ms = s->aneg_ms;
	s->model.trace = s->log != NULL;
	s->model.guard.rx_buf_max = s->rx_buf_max;
	s->model.cable = true;
	s->timers[RTL_TIMER_TX] = timer_new_ns(QEMU_CLOCK_VIRTUAL, tx_timer, s);
	s->timers[RTL_TIMER_RX] = timer_new_ns(QEMU_CLOCK_VIRTUAL, rx_timer, s);
	s->timers[RTL_TIMER_LINK] = timer_new_ns(QEMU_CLOCK_VIRTUAL, link_timer, s);
	s->tx_bh = qemu_bh_new(tx_timer, s);
}

static void init_bars(Rtl8168State *s, const struct rtl_chip *chip)
{
	PCIDevice *pci = PCI_DEVICE(s);

	memory_region_init_io(&s->io, OBJECT(s), &mmio_ops, s, "rtl8168-io", 256);
	memory_region_init_io(&s->mmio, OBJECT(s), &mmio_ops, s, "rtl8168-mmio", chip->mmio_size);
	memory_region_init_io(&s->guard, OBJECT(s), &guard_ops, s, "rtl8168-guard", RTL_GUARD_SIZE);
	pci_register_bar(pci, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
	pci_register_bar(pci, 2, PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_64, &s->mmio);
	pci_register_bar(pci, RTL_GUARD_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->guard);
}

static bool init_capabilities(Rtl8168State *s, Error **errp)
{
	PCIDevice *pci = PCI_DEVICE(s);
	int pm = pci_add_capability(pci, PCI_CAP_ID_PM, PM_CAP, PCI_PM_SIZEOF, errp);

	if (pm < 0)
		return false;
	pci_set_word(pci->config + pm + PCI_PM_PMC, 0xffc3);	/* version 3, D1, D2, PME from all states */
	pci_set_word(pci->wmask + pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK | PCI_PM_CTRL_PME_ENABLE);
	pci_set_word(pci->w1cmask + pm + PCI_PM_CTRL, PCI_PM_CTRL_PME_STATUS);
	if (msi_init(pci, MSI_CAP, 1, true, false, errp))
		return false;
	if (pci_bus_is_express(pci_get_bus(pci))) {
		if (pcie_endpoint_cap_init(pci, EXPRESS_CAP) < 0) {
			error_setg(errp, "rtl8168: no PCI Express capability");
			return false;
		}
		memset(pci->wmask + PORT_LOGIC, 0xff, PORT_LOGIC_SIZE);
	}
	if (!s->msix)
		return true;
	if (msix_init_exclusive_bar(pci, MSIX_VECTORS, MSIX_BAR, errp))
		return false;
	msix_vector_use(pci, 0);
	return true;
}

static void rtl8168_realize(PCIDevice *pci, Error **errp)
{
	Rtl8168State *s = RTL8168(pci);
	DeviceState *dev = DEVICE(pci);
	const struct rtl_chip *chip = rtl_chip_find(s->chip);

	if (!chip) {
		error_setg(errp, "rtl8168: unknown chip '%s'", s->chip);
		return;
	}
	if (s->rx_buf_max & (s->rx_buf_max - 1)) {
		error_setg(errp, "rtl8168: rx-buf-max must be a power of two");
		return;
	}
	if (s->trace_file) {
		s->log = fopen(s->trace_file, "w");
		if (!s->log) {
			error_setg_file_open(errp, errno, s->trace_file);
			return;
		}
	}
	pci_set_word(pci->config + PCI_DEVICE_ID, chip->pci_device);
	pci_set_byte(pci->config + PCI_REVISION_ID, chip->pci_revision);
	pci_set_byte(pci->config + PCI_INTERRUPT_PIN, 1);
	qemu_macaddr_default_if_unset(&s->conf.macaddr);
	init_model(s, chip);
	init_bars(s, chip);
	if (!init_capabilities(s, errp))
		return;
	/* Debian's stable update of 7.2 has the argument of 8.1: the plug-in is built for one version only. */
	s->nic = qemu_new_nic(&net_info, &s->conf, object_get_typename(OBJECT(pci)), dev->id,
			      &dev->mem_reentrancy_guard, s);
	qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}

static void rtl8168_exit(PCIDevice *pci)
{
	Rtl8168State *s = RTL8168(pci);

	for (int i = 0; i < RTL_TIMER_MAX; i++)
		timer_free(s->timers[i]);
	qemu_bh_delete(s->tx_bh);
	qemu_del_nic(s->nic);
	if (s->msix)
		msix_uninit_exclusive_bar(pci);
	msi_uninit(pci);
	if (s->log)
		fclose(s->log);
}

static void rtl8168_reset(DeviceState *dev)
{
	rtl_nic_reset(&RTL8168(dev)->model);
}

static void set_fault(Object *obj, const char *text, Error **errp)
{
	char name[32] = "";
	int count = 1, fault;

	if (sscanf(text, "%31[^=]=%d", name, &count) < 1)
		name[0] = 0;
	fault = rtl_fault_find(name);
	if (fault < 0)
		error_setg(errp, "unknown fault '%s'", name);
	else
		rtl_fault_set(&RTL8168(obj)->model, fault, count);
}

static char *get_fault(Object *obj, Error **errp)
{
	struct rtl_nic *nic = &RTL8168(obj)->model;
	GString *text = g_string_new("");

	for (unsigned int i = 0; i < RTL_FAULT_MAX; i++)
		if (nic->faults[i])
			g_string_append_printf(text, "%s=%d ", rtl_fault_name(i), nic->faults[i]);
	return g_string_free(text, FALSE);
}

/* All counters, the kinds of violation, and gauges of the chip's state, as "name=number" words. */
static char *get_stats(Object *obj, Error **errp)
{
	struct rtl_nic *nic = &RTL8168(obj)->model;
	GString *text = g_string_new("");

	for (unsigned int i = 0; i < RTL_STAT_MAX; i++)
		g_string_append_printf(text, "%s=%" PRIu64 " ", rtl_stat_name(i), nic->stats[i]);
	for (unsigned int i = 0; i < RTL_VIOLATION_MAX; i++)
		g_string_append_printf(text, "violation_%s=%u ", rtl_violation_name(i), nic->guard.kinds[i]);
	g_string_append_printf(text, "violation_addr=%" PRIu64 " ", nic->guard.last_addr);
	g_string_append_printf(text, "rx_fifo=%u tx_index=%u rx_index=%u isr=%u imr=%u link=%d", nic->fifo_frames,
			       nic->tx_index, nic->rx_index, nic->isr, nic->imr, nic->link);
	return g_string_free(text, FALSE);
}

#if NIC_QEMU_VERSION >= 1000
static const Property rtl8168_properties[] = {
#else
static Property rtl8168_properties[] = {
#endif
	DEFINE_NIC_PROPERTIES(Rtl8168State, conf),
	DEFINE_PROP_STRING("chip", Rtl8168State, chip),
	DEFINE_PROP_STRING("trace", Rtl8168State, trace_file),
	DEFINE_PROP_BOOL("tx-sync", Rtl8168State, tx_sync, false),
	DEFINE_PROP_BOOL("pause", Rtl8168State, pause, false),
	DEFINE_PROP_BOOL("msix", Rtl8168State, msix, true),
	DEFINE_PROP_UINT32("tx-delay-ns", Rtl8168State, tx_delay_ns, 0),
	/* shorter negotiation exposes a race of the stock driver on 8125 */
	DEFINE_PROP_UINT32("aneg-ms", Rtl8168State, aneg_ms, 1000),
	DEFINE_PROP_UINT32("rx-buf-max", Rtl8168State, rx_buf_max, 0),
#if NIC_QEMU_VERSION < 1000
	DEFINE_PROP_END_OF_LIST(),
#endif
};

static const VMStateDescription rtl8168_vmstate = { .name = TYPE_RTL8168, .unmigratable = 1 };

#if NIC_QEMU_VERSION >= 1001
static void rtl8168_class_init(ObjectClass *klass, const void *data)
#else
static void rtl8168_class_init(ObjectClass *klass, void *data)
#endif
{
	DeviceClass *dc = DEVICE_CLASS(klass);
	PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

	pc->realize = rtl8168_realize;
	pc->exit = rtl8168_exit;
	pc->vendor_id = 0x10ec;
	pc->device_id = 0x8168;
	pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
	pc->subsystem_vendor_id = 0x10ec;
	pc->subsystem_id = 0x0123;
#if NIC_QEMU_VERSION >= 902
	device_class_set_legacy_reset(dc, rtl8168_reset);
#else
	dc->reset = rtl8168_reset;
#endif
	dc->vmsd = &rtl8168_vmstate;
	dc->desc = "Realtek RTL8168/8111/8125 PCIe NIC (software model)";
	set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
	device_class_set_props(dc, rtl8168_properties);
	object_class_property_add_str(klass, "fault", get_fault, set_fault);
	object_class_property_add_str(klass, "stats", get_stats, NULL);
}

#if NIC_QEMU_VERSION >= 1001
static const InterfaceInfo rtl8168_interfaces[] = { { INTERFACE_PCIE_DEVICE }, { } };
#else
static InterfaceInfo rtl8168_interfaces[] = { { INTERFACE_PCIE_DEVICE }, { } };
#endif

static const TypeInfo rtl8168_type = {
	.name = TYPE_RTL8168,
	.parent = TYPE_PCI_DEVICE,
	.instance_size = sizeof(Rtl8168State),
	.class_init = rtl8168_class_init,
	.interfaces = rtl8168_interfaces,
};

static void rtl8168_register(void)
{
	type_register_static(&rtl8168_type);
}

NIC_PLUGIN(TYPE_RTL8168, rtl8168_register)
