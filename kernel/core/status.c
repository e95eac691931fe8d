// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * What is going on, for people and for "netmap-configure status":
 * /sys/kernel/debug/netmap/ports, one JSON object a line for each adapter of
 * an interface and for each other port in use. docs/kernel.md describes it.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "core.h"
#include "mem/mem.h"

static LIST_HEAD(nm_bound); /* netmap_priv_d.np_list: nm_global_lock */
static struct dentry *nm_status_dir;

void nm_status_bound(struct netmap_priv_d *priv)
{
	lockdep_assert_held(&nm_global_lock);
	priv->np_pid = task_pid_nr(current);
	get_task_comm(priv->np_comm, current);
	list_add_tail(&priv->np_list, &nm_bound);
}

void nm_status_unbound(struct netmap_priv_d *priv)
{
	lockdep_assert_held(&nm_global_lock);
	list_del(&priv->np_list);
}

/* A name in quotes: programs and ports can be called anything. */
static void nm_status_string(struct seq_file *s, const char *string)
{
	seq_putc(s, '"');
	for (; *string; string++)
		if (*string == '"' || *string == '\\' || (u8)*string < ' ')
			seq_printf(s, "\\u%04x", (u8)*string);
		else
			seq_putc(s, *string);
	seq_putc(s, '"');
}

static const char *nm_status_kind(const struct netmap_adapter *na)
{
	if (na->na_flags & NAF_SKIP_INTR)
		return "emulated";
	if (na->na_flags & NAF_NATIVE && na->na_flags & NAF_HOST_RINGS)
		return "native";
	return "software";
}

static void nm_status_kring(struct seq_file *s, struct netmap_kring *kring)
{
	struct netmap_ring __nmshared *ring = nm_kring_shared(kring);

	seq_printf(s, "{\"dir\":\"%s\",\"ring\":%u,\"mode\":\"%s\",\"users\":%u,",
		   kring->tx == NR_TX ? "tx" : "rx", kring->ring_id,
		   kring->nr_mode == NKR_NETMAP_ON ? "netmap" : "stack",
		   kring->users);
	seq_printf(s, "\"host\":%s,\"exclusive\":%s,\"stopped\":%s,",
		   kring->ring_id >= nma_get_nrings(kring->na, kring->tx) ?
			   "true" : "false",
		   kring->users && kring->nr_kflags & NKR_EXCLUSIVE ?
			   "true" : "false",
		   READ_ONCE(kring->nr_stop) ? "true" : "false");
	seq_printf(s, "\"slots\":%u,\"hwcur\":%u,\"hwtail\":%u,\"accepted\":%u",
		   kring->nkr_num_slots, READ_ONCE(kring->nr_hwcur),
		   READ_ONCE(kring->nr_hwtail), READ_ONCE(kring->rhead));
	if (ring)
		seq_printf(s, ",\"head\":%u,\"cur\":%u,\"tail\":%u",
			   nm_load(&ring->head), nm_load(&ring->cur),
			   nm_load(&ring->tail));
	seq_putc(s, '}');
}

static void nm_status_rings(struct seq_file *s, struct netmap_adapter *na)
{
	const char *separator = "";
	enum txrx t;
	u32 i;

	seq_puts(s, ",\"rings\":[");
	for_rx_tx(t)
		for (i = 0; NMR(na, t) && i < netmap_real_rings(na, t); i++) {
			seq_puts(s, separator);
			nm_status_kring(s, NMR(na, t)[i]);
			separator = ",";
		}
	seq_putc(s, ']');
}

static void nm_status_users(struct seq_file *s, const struct netmap_adapter *na)
{
	const char *separator = "";
	struct netmap_priv_d *priv;

	seq_puts(s, ",\"users\":[");
	list_for_each_entry(priv, &nm_bound, np_list) {
		if (priv->np_na != na)
			continue;
		seq_printf(s, "%s{\"pid\":%d,\"comm\":", separator, priv->np_pid);
		nm_status_string(s, priv->np_comm);
		seq_printf(s, ",\"tx\":[%u,%u],\"rx\":[%u,%u],\"exclusive\":%s}",
			   priv->np_qfirst[NR_TX], priv->np_qlast[NR_TX],
			   priv->np_qfirst[NR_RX], priv->np_qlast[NR_RX],
			   priv->np_flags & NR_EXCLUSIVE ? "true" : "false");
		separator = ",";
	}
	seq_putc(s, ']');
}

static void nm_status_adapter(struct netmap_adapter *na, void *arg)
{
	struct seq_file *s = arg;

	seq_puts(s, "{\"port\":");
	nm_status_string(s, na->name);
	seq_printf(s, ",\"kind\":\"%s\",\"netmap\":%s,\"gone\":%s,\"busy\":%s",
		   nm_status_kind(na), nm_netmap_on(na) ? "true" : "false",
		   na->na_flags & NAF_ZOMBIE ? "true" : "false",
		   na->na_flags & NAF_BUSY ? "true" : "false");
	seq_printf(s, ",\"region\":%u,\"tx_rings\":%u,\"rx_rings\":%u",
		   nm_mem_id(na->nm_mem), na->num_tx_rings, na->num_rx_rings);
	seq_printf(s, ",\"tx_slots\":%u,\"rx_slots\":%u,\"host_dropped\":%ld",
		   na->num_tx_desc, na->num_rx_desc,
		   atomic_long_read(&na->host_dropped));
	seq_printf(s, ",\"dma_mappings\":%u", nm_mem_mappings(na));
	nm_status_users(s, na);
	nm_status_rings(s, na);
	seq_puts(s, "}\n");
}

/* Whether an adapter of no interface has been shown for an earlier user. */
static bool nm_status_shown(const struct netmap_priv_d *priv)
{
	struct netmap_priv_d *other;

	if (priv->np_na->ifp)
		return true; /* with the interfaces */
	list_for_each_entry(other, &nm_bound, np_list) {
		if (other == priv)
			return false;
		if (other->np_na == priv->np_na)
			return true;
	}
	return false;
}

static int nm_ports_show(struct seq_file *s, void *unused)
{
	struct netmap_priv_d *priv;
	int error = nm_lock_killable();

	if (error)
		return error;
	nm_hw_for_each(nm_status_adapter, s);
	list_for_each_entry(priv, &nm_bound, np_list)
		if (!nm_status_shown(priv))
			nm_status_adapter(priv->np_na, s);
	nm_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nm_ports);

/* A view only: the module works without debugfs. */
void nm_status_init(void)
{
	nm_status_dir = debugfs_create_dir("netmap", NULL);
	debugfs_create_file("ports", 0444, nm_status_dir, NULL, &nm_ports_fops);
}

void nm_status_exit(void)
{
	debugfs_remove_recursive(nm_status_dir);
}
