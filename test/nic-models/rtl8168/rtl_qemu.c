/* SPDX-License-Identifier: MIT
 * QEMU front end of the RTL8168 model, built as a shared object that is
 * LD_PRELOADed into an unmodified qemu-system binary.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qapi/qapi-commands-misc.h"
#include "qapi/qapi-commands-control.h"
#if QEMU_VER >= 720
#include "hw/pci/pci.h"
#endif
#if QEMU_VER >= 800
#include "hw/pci/pci_device.h"
#endif
#include "hw/pci/pcie.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "rtl_core.h"

#define TYPE_RTL "rtl8168"
OBJECT_DECLARE_SIMPLE_TYPE(RtlState, RTL)

struct RtlState {
    PCIDevice pci;
    MemoryRegion mmio, io;
    NICState *nic;
    NICConf conf;
    QEMUTimer *t[RTL_T_MAX];
    QEMUBH *txbh;
    char *chip;
    char *tracefile;
    FILE *log;
    bool sync_tx, msix, express;
    uint32_t tx_delay, aneg_ms, rx_buf_max;
    RtlDev d;
};

static int h_rd(void *o, uint64_t a, void *b, uint32_t n)
{
    return pci_dma_read(PCI_DEVICE(o), a, b, n) != MEMTX_OK;
}
static int h_wr(void *o, uint64_t a, const void *b, uint32_t n)
{
    return pci_dma_write(PCI_DEVICE(o), a, b, n) != MEMTX_OK;
}
static void h_irq(void *o, int level)
{
    PCIDevice *p = PCI_DEVICE(o);
    if (msix_enabled(p)) { if (level) msix_notify(p, 0); }
    else if (msi_enabled(p)) { if (level) msi_notify(p, 0); }
    else pci_set_irq(p, level);
}
static void h_tx(void *o, const uint8_t *f, uint32_t n)
{
    RtlState *s = o;
    qemu_send_packet(qemu_get_queue(s->nic), f, n);
}
static void h_timer(void *o, int id, uint64_t ns)
{
    RtlState *s = o;
    if (id == RTL_T_TX && !ns) { qemu_bh_schedule(s->txbh); return; }
    timer_mod(s->t[id], qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ns);
}
static uint32_t h_cfgr(void *o, uint32_t a)
{
    PCIDevice *p = PCI_DEVICE(o);
    return a + 4 <= pci_config_size(p) ? ldl_le_p(p->config + a) : ~0u;
}
static void h_cfgw(void *o, uint32_t a, uint32_t v, uint32_t m)
{
    PCIDevice *p = PCI_DEVICE(o);
    uint32_t w;
    if (a + 4 > pci_config_size(p) || a < 0x40) return;
    w = m & ldl_le_p(p->wmask + a);
    stl_le_p(p->config + a, (ldl_le_p(p->config + a) & ~w) | (v & w));
}
static void h_log(void *o, const char *m)
{
    RtlState *s = o;
    if (s->log)
        fprintf(s->log, "%" PRId64 " %s\n", qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / 1000, m);
}
static const RtlHost host = { h_rd, h_wr, h_irq, h_tx, h_timer, h_cfgr, h_cfgw, h_log };

static uint64_t mm_read(void *o, hwaddr a, unsigned n) { return rtl_read(&((RtlState *)o)->d, a, n); }
static void mm_write(void *o, hwaddr a, uint64_t v, unsigned n) { rtl_write(&((RtlState *)o)->d, a, v, n); }
static const MemoryRegionOps mm_ops = {
    .read = mm_read, .write = mm_write, .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

static void t_tx(void *o) { rtl_timer(&((RtlState *)o)->d, RTL_T_TX); }
static void t_rx(void *o) { rtl_timer(&((RtlState *)o)->d, RTL_T_RX); }
static void t_link(void *o) { rtl_timer(&((RtlState *)o)->d, RTL_T_LINK); }

static ssize_t nc_receive(NetClientState *nc, const uint8_t *b, size_t n)
{
    RtlState *s = qemu_get_nic_opaque(nc);
    return rtl_receive(&s->d, b, n) ? (ssize_t)n : 0;
}
static void nc_link(NetClientState *nc)
{
    RtlState *s = qemu_get_nic_opaque(nc);
    rtl_set_cable(&s->d, !nc->link_down);
}
static NetClientInfo nc_info = {
    .type = NET_CLIENT_DRIVER_NIC, .size = sizeof(NICState),
    .receive = nc_receive, .link_status_changed = nc_link,
};

static void rtl_dev_realize(PCIDevice *p, Error **errp)
{
    RtlState *s = RTL(p);
    DeviceState *dev = DEVICE(p);
    const RtlChip *c = rtl_chip_find(s->chip);
    if (!c) { error_setg(errp, "rtl8168: unknown chip '%s'", s->chip); return; }
    if (s->tracefile) { s->log = fopen(s->tracefile, "w"); if (s->log) setvbuf(s->log, NULL, _IOLBF, 0); }
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    rtl_init(&s->d, &host, s, c, s->conf.macaddr.a);
    s->d.sync_tx = s->sync_tx;
    s->d.tx_delay_ns = s->tx_delay;
    s->d.aneg_ms = s->aneg_ms;
    s->d.trace = s->log && getenv("RTL_TRACE_REGS");
    s->t[RTL_T_TX] = timer_new_ns(QEMU_CLOCK_VIRTUAL, t_tx, s);
    s->t[RTL_T_RX] = timer_new_ns(QEMU_CLOCK_VIRTUAL, t_rx, s);
    s->t[RTL_T_LINK] = timer_new_ns(QEMU_CLOCK_VIRTUAL, t_link, s);
    s->txbh = qemu_bh_new(t_tx, s);

    pci_set_word(p->config + PCI_DEVICE_ID, c->pci_id);
    pci_set_byte(p->config + PCI_REVISION_ID, c->pci_rev);
    pci_set_byte(p->config + PCI_INTERRUPT_PIN, 1);
    memory_region_init_io(&s->io, OBJECT(s), &mm_ops, s, "rtl8168-io", 256);
    memory_region_init_io(&s->mmio, OBJECT(s), &mm_ops, s, "rtl8168-mmio", c->mmio_size);
    pci_register_bar(p, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
    pci_register_bar(p, 2, PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_64, &s->mmio);

    int pm = pci_add_capability(p, PCI_CAP_ID_PM, 0x40, PCI_PM_SIZEOF, errp);
    if (pm < 0) return;
    pci_set_word(p->config + pm + PCI_PM_PMC, 0xffc3);      /* v3, D1, D2, PME from all states */
    pci_set_word(p->wmask + pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK | PCI_PM_CTRL_PME_ENABLE);
    pci_set_word(p->w1cmask + pm + PCI_PM_CTRL, PCI_PM_CTRL_PME_STATUS);
    if (msi_init(p, 0x50, 1, true, false, errp)) return;
    if (pci_bus_is_express(pci_get_bus(p))) {
        if (pcie_endpoint_cap_init(p, 0x70) < 0) { error_setg(errp, "pcie cap"); return; }
        /* extended space 0x700.. is the core's port logic; the driver writes 0x70c/0x70f, 0x890 */
        memset(p->wmask + 0x700, 0xff, 0x200);
    }
    if (s->msix && msix_init_exclusive_bar(p, 4, 4, errp)) return;
    if (s->msix) msix_vector_use(p, 0);
    s->nic = qemu_new_nic(&nc_info, &s->conf, object_get_typename(OBJECT(p)), dev->id,
                          &dev->mem_reentrancy_guard, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
    s->d.cable = true;
}

static void rtl_dev_exit(PCIDevice *p)
{
    RtlState *s = RTL(p);
    for (int i = 0; i < RTL_T_MAX; i++) timer_free(s->t[i]);
    qemu_bh_delete(s->txbh);
    qemu_del_nic(s->nic);
    if (s->msix) msix_uninit_exclusive_bar(p);
    msi_uninit(p);
    if (s->log) fclose(s->log);
}

static void rtl_dev_reset(DeviceState *dev)
{
    RtlState *s = RTL(dev);
    rtl_reset(&s->d);
}

/* qom-set <path> fault "name=n" ; qom-get <path> stats */
static void set_fault(Object *o, const char *v, Error **errp)
{
    RtlState *s = RTL(o);
    char name[64] = "";
    int n = 1;
    sscanf(v, "%63[^=]=%d", name, &n);
    if (rtl_fault(&s->d, name, n)) error_setg(errp, "unknown fault '%s'", name);
}
static char *get_fault(Object *o, Error **errp)
{
    RtlState *s = RTL(o);
    GString *g = g_string_new("");
#define X(k) if (s->d.f.k) g_string_append_printf(g, "%s=%d ", #k, s->d.f.k);
    RTL_FAULTS(X)
#undef X
    return g_string_free(g, FALSE);
}
static char *get_stats(Object *o, Error **errp)
{
    RtlDev *d = &RTL(o)->d;
    return g_strdup_printf("mmio_r=%" PRIu64 " mmio_w=%" PRIu64 " irq=%" PRIu64 " tx=%" PRIu64
        " rx=%" PRIu64 " drop=%" PRIu64 " desc=%" PRIu64 " isr=%x imr=%x cmd=%02x txi=%u rxi=%u fifo=%u link=%d violations=0",
        d->st_mmio_r, d->st_mmio_w, d->st_irq, d->st_tx, d->st_rx, d->st_drop, d->st_desc,
        d->isr, d->imr, d->r[0x37], d->tx_idx, d->rx_idx, d->fifo_frames, d->link);
}

#if QEMU_VER >= 1000
#define PROPC const
#else
#define PROPC
#endif
static PROPC Property rtl_props[] = {
    DEFINE_NIC_PROPERTIES(RtlState, conf),
    DEFINE_PROP_STRING("chip", RtlState, chip),
    DEFINE_PROP_STRING("trace", RtlState, tracefile),
    DEFINE_PROP_BOOL("tx-sync", RtlState, sync_tx, false),
    DEFINE_PROP_BOOL("msix", RtlState, msix, true),
    DEFINE_PROP_UINT32("tx-delay-ns", RtlState, tx_delay, 0),
    DEFINE_PROP_UINT32("aneg-ms", RtlState, aneg_ms, 20),
    DEFINE_PROP_UINT32("rx-buf-max", RtlState, rx_buf_max, 0),
#if QEMU_VER < 1000
    DEFINE_PROP_END_OF_LIST(),
#endif
};
static const VMStateDescription vmsd = { .name = TYPE_RTL, .unmigratable = 1 };

static void rtl_class_init(ObjectClass *k,
#if QEMU_VER >= 1010
                           const
#endif
                           void *data)
{
    DeviceClass *dc = DEVICE_CLASS(k);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(k);
    pc->realize = rtl_dev_realize;
    pc->exit = rtl_dev_exit;
    pc->vendor_id = 0x10ec;
    pc->device_id = 0x8168;
    pc->revision = 0x15;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    pc->subsystem_vendor_id = 0x10ec;
    pc->subsystem_id = 0x0123;
#if QEMU_VER >= 920
    device_class_set_legacy_reset(dc, rtl_dev_reset);
#else
    dc->reset = rtl_dev_reset;
#endif
    dc->vmsd = &vmsd;
    dc->desc = "Realtek RTL8168/8111/8125 PCIe NIC (software model)";
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    device_class_set_props(dc, rtl_props);
    object_class_property_add_str(k, "fault", get_fault, set_fault);
    object_class_property_add_str(k, "stats", get_stats, NULL);
}

static const TypeInfo rtl_type = {
    .name = TYPE_RTL, .parent = TYPE_PCI_DEVICE, .instance_size = sizeof(RtlState),
    .class_init = rtl_class_init,
    .interfaces = (
#if QEMU_VER >= 1010
        const
#endif
        InterfaceInfo[]) { { INTERFACE_PCIE_DEVICE }, { } },
};

static void rtl_register(void)
{
    /* struct layouts are those of one minor release: refuse any other binary */
    VersionInfo *v = qmp_query_version(NULL);
    int have = v->qemu->major * 100 + v->qemu->minor * 10;
    /* stable updates change them too: 7.2.x grew an argument of qemu_new_nic() */
    if (have != QEMU_VER || (v->qemu->micro != QEMU_MICRO && !getenv("RTL_ANY_MICRO"))) {
        fprintf(stderr, "rtl8168: built for QEMU %d.%d.%d, this is %d.%d.%d: not registered\n",
                QEMU_VER / 100, QEMU_VER % 100 / 10, QEMU_MICRO,
                (int)v->qemu->major, (int)v->qemu->minor, (int)v->qemu->micro);
        return;
    }
    type_register_static(&rtl_type);
}

/* The preload is inherited by children (mkdir, sh, ...): only act inside qemu.
 * Everything that is not libc is a weak reference for that reason. */
#pragma weak register_module_init
static void __attribute__((constructor)) rtl_ctor(void)
{
    if (register_module_init) register_module_init(rtl_register, MODULE_INIT_QOM);
}
