/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which adapter and which rings a REGISTER gets. Run as: ports NATIVE EMULATED
 * MULTI PEER, where NATIVE is a sink, EMULATED has the address 10.9.0.1/24, MULTI has 4 TX and 2 RX queues, and PEER,
 * at its other end, 4 RX queues.
 */
#include "nmtest.h"
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <netinet/udp.h>
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static const char *nic, *emulated, *multi, *peer;

/* Member of the port that is in netmap mode under this name, as debugfs shows it. */
static char *shown(const char *port, const char *member)
{
	static char line[65536], value[64];
	char want[100];
	FILE *f = fopen("/sys/kernel/debug/netmap/ports", "r");

	snprintf(want, sizeof(want), "{\"port\":\"%s\",", port);
	*value = 0;
	while (f && fgets(line, sizeof(line), f)) {
		char *at;

		if (strncmp(line, want, strlen(want)) || !strstr(line, "\"netmap\":true"))
			continue;
		snprintf(want, sizeof(want), "\"%s\":", member);
		at = strstr(line, want);
		if (at)
			sscanf(at + strlen(want), "%63[^,}]", value);
		break;
	}
	if (f)
		fclose(f);
	return value;
}

static void expect_shown(const char *what, const char *port, const char *member,
			 const char *want)
{
	char *got = shown(port, member);

	nt_result(!strcmp(want, got), "%s: %s of %s is %s (shown: %s)", what, member,
		  port, want, got);
}

/*
 * Native or emulated
 */

static const struct admode_row {
	const char *what;
	int admode, left; /* written, and what it is afterwards */
	bool native; /* the sink, or the interface without native support */
	int held; /* the port is open since admode was this; -1 = it is not */
	int error;
	const char *kind;
} admode_rows[] = {
	{ "admode 0, native driver", 0, 0, true, -1, 0, "\"native\"" },
	{ "admode 1, native driver", 1, 1, true, -1, 0, "\"native\"" },
	{ "admode 2, native driver", 2, 2, true, -1, 0, "\"emulated\"" },
	{ "admode 2, native driver in use", 2, 2, true, 0, 0, "\"native\"" },
	{ "admode 0, native driver in use as an emulated port", 0, 0, true, 2, 0,
	  "\"emulated\"" },
	{ "admode 0, native driver again", 0, 0, true, -1, 0, "\"native\"" },
	{ "admode 0, no native driver", 0, 0, false, -1, 0, "\"emulated\"" },
	{ "admode 1, no native driver", 1, 1, false, -1, EOPNOTSUPP, NULL },
	{ "admode 2, no native driver", 2, 2, false, -1, 0, "\"emulated\"" },
	{ "admode 3", 3, 0, true, -1, 0, "\"native\"" },
	{ "admode -1", -1, 0, false, -1, 0, "\"emulated\"" },
};

static void test_admode(void)
{
	for (size_t i = 0; i < sizeof(admode_rows) / sizeof(*admode_rows); i++) {
		const struct admode_row *row = &admode_rows[i];
		const char *name = row->native ? nic : emulated;
		int holder = nt_open(), fd = nt_open();

		if (row->held >= 0) {
			nt_parameter_set("admode", row->held);
			nt_errno_is("  who has it", 0,
				    nt_register(holder, name, &(struct nmreq_register){}));
		}
		nt_parameter_set("admode", row->admode);
		nt_errno_is(row->what, row->error,
			    nt_register(fd, name, &(struct nmreq_register){}));
		if (row->kind)
			expect_shown(row->what, name, "kind", row->kind);
		nt_equal("  admode then", row->left, nt_parameter("admode"));
		nt_errno_is("  NIOCTXSYNC", row->error ? ENXIO : 0,
			    ioctl(fd, NIOCTXSYNC) ? errno : 0);
		close(fd);
		close(holder);
	}
	nt_parameter_set("admode", 0);
}

/*
 * Rings of a port with several
 */

static unsigned int mask_of(struct nt_port *port, bool tx)
{
	unsigned int n = port->nifp->ni_tx_rings + port->nifp->ni_host_tx_rings;
	unsigned int first = tx ? 0 : n, mask = 0;

	if (!tx)
		n = port->nifp->ni_rx_rings + port->nifp->ni_host_rx_rings;
	for (unsigned int i = 0; i < n; i++)
		mask |= (port->nifp->ring_ofs[first + i] != 0) << i;
	return mask;
}

#define MODE(m) .nr_mode = NR_REG_##m

static const struct selection_row {
	const char *what;
	struct nmreq_register reg;
	int error;
	unsigned int tx, rx; /* bit masks; 4 NIC rings and 2, then host rings */
} selection_rows[] = {
	{ "4 and 2 rings, ALL_NIC", { MODE(ALL_NIC) }, 0, 0xf, 3 },
	{ "4 and 2 rings, NIC_SW", { MODE(NIC_SW) }, 0, 0x1f, 7 },
	{ "4 and 2 rings, SW", { MODE(SW) }, 0, 0x10, 4 },
	{ "4 and 2 rings, ONE_NIC 0", { MODE(ONE_NIC) }, 0, 1, 1 },
	{ "4 and 2 rings, ONE_NIC 1", { MODE(ONE_NIC), .nr_ringid = 1 }, 0, 2, 2 },
	{ "4 and 2 rings, ONE_NIC 3: RX falls back to the first",
	  { MODE(ONE_NIC), .nr_ringid = 3 }, 0, 8, 1 },
	{ "4 and 2 rings, ONE_NIC 4", { MODE(ONE_NIC), .nr_ringid = 4 }, EINVAL, 0, 0 },
	{ "4 and 2 rings, ONE_NIC 3, RX only",
	  { MODE(ONE_NIC), .nr_ringid = 3, .nr_flags = NR_RX_RINGS_ONLY }, 0, 0, 1 },
	{ "4 and 2 rings, ONE_SW", { MODE(ONE_SW) }, 0, 0x10, 4 },
	{ "4 and 2 rings, ONE_SW 1", { MODE(ONE_SW), .nr_ringid = 1 }, EINVAL, 0, 0 },
	{ "host rings with ALL_NIC", { MODE(ALL_NIC), .nr_host_tx_rings = 2,
				       .nr_host_rx_rings = 3 }, 0, 0xf, 3 },
	{ "2 and 3 host rings, SW", { MODE(SW), .nr_host_tx_rings = 2,
				      .nr_host_rx_rings = 3 }, 0, 0x30, 0x1c },
	{ "2 and 3 host rings, ONE_SW 2: TX falls back to the first",
	  { MODE(ONE_SW), .nr_ringid = 2, .nr_host_tx_rings = 2,
	    .nr_host_rx_rings = 3 }, 0, 0x10, 0x10 },
	{ "2 host RX rings only", { MODE(NIC_SW), .nr_host_rx_rings = 2 }, 0, 0x1f, 0xf },
};

static void test_selection(void)
{
	for (size_t i = 0; i < sizeof(selection_rows) / sizeof(*selection_rows); i++) {
		const struct selection_row *row = &selection_rows[i];
		struct nt_port port = { .reg = row->reg };
		uint16_t htx = row->reg.nr_host_tx_rings ?: 1;
		uint16_t hrx = row->reg.nr_host_rx_rings ?: 1;

		if (!nt_errno_is(row->what, row->error, nt_port_open(&port, multi, NULL)) ||
		    row->error)
			continue;
		nt_equal("  bound TX rings", row->tx, mask_of(&port, true));
		nt_equal("  bound RX rings", row->rx, mask_of(&port, false));
		nt_result(port.reg.nr_tx_rings == 4 && port.reg.nr_rx_rings == 2 &&
			  port.reg.nr_host_tx_rings == htx &&
			  port.reg.nr_host_rx_rings == hrx &&
			  port.nifp->ni_tx_rings == 4 && port.nifp->ni_rx_rings == 2 &&
			  port.nifp->ni_host_tx_rings == htx &&
			  port.nifp->ni_host_rx_rings == hrx,
			  "%s: the counts of the port", row->what);
		nt_port_close(&port);
	}
}

static int own_ring(int fd, int ring, uint64_t flags)
{
	struct nmreq_register reg = { MODE(ONE_NIC), .nr_ringid = ring,
				      .nr_flags = flags | NR_EXCLUSIVE };

	return nt_register(fd, multi, &reg);
}

static void test_ownership(void)
{
	int fds[5], other = nt_open();

	for (int i = 0; i < 5; i++)
		fds[i] = nt_open();
	for (int i = 0; i < 4; i++)
		nt_errno_is("each TX ring has an owner", 0,
			    own_ring(fds[i], i, NR_TX_RINGS_ONLY));
	nt_errno_is("a TX ring cannot have two", EBUSY,
		    own_ring(other, 2, NR_TX_RINGS_ONLY));
	nt_errno_is("nor be shared by force", EBUSY,
		    nt_register(other, multi, &(struct nmreq_register){}));
	nt_errno_is("RX rings are apart", 0, own_ring(fds[4], 1, NR_RX_RINGS_ONLY));
	close(fds[2]);
	nt_errno_is("a TX ring that was given up has a new owner", 0,
		    own_ring(other, 2, NR_TX_RINGS_ONLY));
	for (int i = 0; i < 5; i++)
		if (i != 2)
			close(fds[i]);
	close(other);
}

/* A sender for each TX ring, a receiver for each RX ring of the peer. veth decides which gets what. */
static void test_disjoint(void)
{
	enum { FRAMES = 300 };
	uint32_t got = 0, wrong = 0, next[4] = {};
	struct nt_port tx[4], rx[4];

	for (int i = 0; i < 4; i++) {
		tx[i] = (struct nt_port){ .reg = { MODE(ONE_NIC), .nr_ringid = i,
						   .nr_flags = NR_EXCLUSIVE |
							       NR_TX_RINGS_ONLY } };
		rx[i] = (struct nt_port){ .reg = { MODE(ONE_NIC), .nr_ringid = i,
						   .nr_flags = NR_EXCLUSIVE |
							       NR_RX_RINGS_ONLY } };
		nt_errno_is("a receiver for each ring", 0, nt_port_open(&rx[i], peer, NULL));
		nt_errno_is("a sender for each ring", 0, nt_port_open(&tx[i], multi, NULL));
	}
	for (uint32_t n = 0; n < FRAMES; n++)
		for (uint32_t i = 0; i < 4; i++) {
			struct netmap_ring *ring = nt_tx(&tx[i], i);
			struct netmap_slot *slot = &ring->slot[ring->head];
			char *frame = nt_buf(ring, slot->buf_idx);

			memset(frame, 0xff, 12);
			frame[12] = 0x88;
			frame[13] = 0xb5;
			memcpy(frame + 14, &i, 4);
			memcpy(frame + 18, &n, 4);
			slot->len = 60;
			ring->head = ring->cur = nt_next(ring, ring->head);
			if (n % 30 == 29)
				ioctl(tx[i].fd, NIOCTXSYNC);
		}
	for (uint64_t end = nt_now_ms() + NT_PATIENCE_MS; got < 4 * FRAMES && nt_now_ms() < end;) {
		struct pollfd p[4];

		for (int i = 0; i < 4; i++)
			p[i] = (struct pollfd){ .fd = rx[i].fd, .events = POLLIN };
		poll(p, 4, 100);
		for (int i = 0; i < 4; i++) {
			struct netmap_ring *ring = nt_rx(&rx[i], i);

			for (; ring->head != ring->tail; got++) {
				struct netmap_slot *slot = &ring->slot[ring->head];
				uint32_t source, n;

				memcpy(&source, nt_buf(ring, slot->buf_idx) + 14, 4);
				memcpy(&n, nt_buf(ring, slot->buf_idx) + 18, 4);
				wrong += slot->len != 60 || source > 3 || n != next[source & 3]++;
				ring->head = ring->cur = nt_next(ring, ring->head);
			}
		}
	}
	nt_equal("four senders and four receivers: all frames", 4 * FRAMES, got);
	nt_equal("four senders and four receivers: those of each in order", 0, wrong);
	for (int i = 0; i < 4; i++) {
		nt_port_close(&tx[i]);
		nt_port_close(&rx[i]);
	}
}

/* Several host rings while frames come and go on the NIC rings. */
static void test_host_rings(void)
{
	enum { FRAMES = 200 };
	struct nt_port port = { .reg = { MODE(NIC_SW), .nr_host_tx_rings = 3,
					 .nr_host_rx_rings = 2 } };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(0x88b6),
				  .sll_ifindex = if_nametoindex(multi) };
	int s = socket(AF_PACKET, SOCK_RAW, htons(0x88b6)), n, big = 1 << 20;
	unsigned char frame[60] = { [0 ... 5] = 0xff, [12] = 0x88, [13] = 0xb6 }, got[100];
	struct timeval timeout = { .tv_sec = NT_PATIENCE_MS / 1000 };
	uint32_t seen = 0, from_stack = 0;

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big));
	if (bind(s, (struct sockaddr *)&to, sizeof(to)))
		nt_result(false, "socket: %s", strerror(errno));
	nt_errno_is("host rings: the port opens", 0, nt_port_open(&port, multi, NULL));
	for (int round = 0; round < FRAMES; round++) {
		for (int i = 0; i < 4; i++) {
			struct netmap_ring *ring = nt_tx(&port, i);

			memcpy(nt_buf(ring, ring->slot[ring->head].buf_idx), frame, 60);
			ring->slot[ring->head].len = 60;
			ring->head = ring->cur = nt_next(ring, ring->head);
		}
		for (unsigned char i = 0; i < 3; i++) {
			struct netmap_ring *ring = nt_tx(&port, 4 + i);

			frame[20] = i;
			frame[21] = round;
			memcpy(nt_buf(ring, ring->slot[ring->head].buf_idx), frame, 60);
			ring->slot[ring->head].len = 60;
			ring->head = ring->cur = nt_next(ring, ring->head);
		}
		if (ioctl(port.fd, NIOCTXSYNC))
			nt_result(false, "host rings: NIOCTXSYNC: %s", strerror(errno));
	}
	for (n = 0; n < 3 * FRAMES && recv(s, got, sizeof(got), 0) == 60; n++)
		seen |= 1u << got[20];
	nt_equal("host rings: what three TX rings gave the stack", 3 * FRAMES, n);
	nt_equal("host rings: from each of them", 7, seen);
	for (n = 0; n < FRAMES; n++)
		if (send(s, frame, 60, 0) != 60)
			nt_result(false, "host rings: send: %s", strerror(errno));
	for (uint64_t end = nt_now_ms() + NT_PATIENCE_MS; from_stack < FRAMES && nt_now_ms() < end;) {
		ioctl(port.fd, NIOCRXSYNC);
		for (int i = 0; i < 2; i++) {
			struct netmap_ring *ring = nt_rx(&port, 2 + i);

			for (; ring->head != ring->tail; from_stack++)
				ring->head = ring->cur = nt_next(ring, ring->head);
		}
	}
	nt_equal("host rings: what the stack sent", FRAMES, from_stack);
	expect_shown("host rings: none was lost", multi, "host_dropped", "0");
	nt_port_close(&port);
	close(s);
}

/*
 * Offsets of rings that others use
 */

static struct nmreq_opt_offsets offsets(uint64_t max)
{
	return (struct nmreq_opt_offsets){
		.nro_opt.nro_reqtype = NETMAP_REQ_OPT_OFFSETS, .nro_max_offset = max,
		.nro_offset_bits = 16,
	};
}

static void test_shared_offsets(void)
{
	struct nt_port plain = { .reg = { MODE(ONE_NIC), .nr_flags = NR_TX_RINGS_ONLY } };
	struct nt_port small = { .reg = { MODE(ONE_NIC), .nr_ringid = 1,
					  .nr_flags = NR_TX_RINGS_ONLY } };
	struct nmreq_opt_offsets ten = offsets(10), hundred = offsets(100);
	struct nmreq_option unknown = { .nro_reqtype = 77 };
	struct nt_port all = {};
	struct netmap_ring *ring;

	nt_errno_is("ring 0 without offsets", 0, nt_port_open(&plain, multi, NULL));
	nt_errno_is("ring 1 with offsets to 10", 0, nt_port_open(&small, multi, &ten));
	ring = nt_tx(&plain, 0);
	nt_errno_is("all rings with offsets to 100", EBUSY,
		    nt_port_open(&all, multi, &hundred));
	nt_equal("  leaves ring 0 as it was", 0, ring->offset_mask);
	ten = offsets(10);
	ten.nro_opt.nro_next = (uintptr_t)&unknown;
	all = (struct nt_port){};
	nt_errno_is("all rings with offsets to 10, and an unknown option", EOPNOTSUPP,
		    nt_port_open(&all, multi, &ten));
	nt_equal("  leaves ring 0 as it was", 0, ring->offset_mask);
	ten = offsets(5);
	all = (struct nt_port){};
	nt_errno_is("all rings with offsets to 5", 0, nt_port_open(&all, multi, &ten));
	nt_equal("  gets the maximum of ring 1, else its own", 10, ten.nro_max_offset);
	nt_equal("  ring 0 has offsets", 0xffff, ring->offset_mask);
	nt_port_close(&all);
	nt_equal("  and keeps them while it is open", 0xffff, ring->offset_mask);
	nt_port_close(&small);
	nt_port_close(&plain);
	plain.reg = (struct nmreq_register){};
	nt_errno_is("all rings again", 0, nt_port_open(&plain, multi, NULL));
	nt_equal("  without offsets", 0, nt_tx(&plain, 0)->offset_mask |
					 nt_tx(&plain, 1)->offset_mask);
	nt_port_close(&plain);
}

/*
 * Packets of the stack that leave work to the NIC
 */

static void set_tx_checksum(const char *name, uint32_t on)
{
	struct ethtool_value value = { .cmd = ETHTOOL_STXCSUM, .data = on };
	struct ifreq ifr = { .ifr_data = (char *)&value };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(ifr.ifr_name, name);
	nt_errno_is("  tx-checksumming", 0, ioctl(s, SIOCETHTOOL, &ifr) ? errno : 0);
	close(s);
}

static const struct offload_row {
	const char *what;
	int hwcsum, checksum, segment;
	uint32_t arrives; /* frames on the host ring; else one is dropped */
} offload_rows[] = {
	{ "checksum left to the NIC", 0, 1, 0, 0 },
	{ "checksum left to the NIC, generic_hwcsum", 1, 1, 0, 1 },
	{ "segmentation left to the NIC", 0, 1, 50, 0 },
	{ "segmentation left to the NIC, generic_hwcsum", 1, 1, 50, 0 },
	{ "nothing left to the NIC", 0, 0, 0, 1 },
};

static uint32_t waiting(struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

/* The stack sends 150 bytes by UDP to a neighbour of the emulated port, which has 10.9.0.1/24. */
static void test_offloads(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(0x0a090002) };
	struct nt_port port = { .reg = { MODE(NIC_SW) } };

	nt_errno_is("offloads: the port opens", 0, nt_port_open(&port, emulated, NULL));
	struct netmap_ring *ring = nt_rx(&port, port.nifp->ni_rx_rings);

	for (size_t i = 0; i < sizeof(offload_rows) / sizeof(*offload_rows); i++) {
		const struct offload_row *row = &offload_rows[i];
		int s = socket(AF_INET, SOCK_DGRAM, 0);
		char data[150] = {};
		uint32_t n = 0, dropped, length = 14 + 20 + 8 + sizeof(data);

		dropped = strtoul(shown(emulated, "host_dropped"), NULL, 10);
		nt_parameter_set("generic_hwcsum", row->hwcsum);
		set_tx_checksum(emulated, row->checksum);
		if (row->segment)
			setsockopt(s, SOL_UDP, UDP_SEGMENT, &row->segment,
				   sizeof(row->segment));
		nt_equal("  the stack sends", sizeof(data),
			 sendto(s, data, sizeof(data), 0, (void *)&to, sizeof(to)));
		ioctl(port.fd, NIOCRXSYNC);
		dropped = strtoul(shown(emulated, "host_dropped"), NULL, 10) - dropped;
		uint32_t arrives = row->arrives, lost = !row->arrives;

		/* older kernels never leave the segments of UDP to veth */
		if (row->segment && dropped + waiting(ring) == 3) {
			length -= sizeof(data) - row->segment;
			arrives = row->hwcsum ? 3 : 0;
			lost = 3 - arrives;
		}
		for (; ring->head != ring->tail; n++) {
			nt_equal("  length of the frame", length, ring->slot[ring->head].len);
			ring->head = ring->cur = nt_next(ring, ring->head);
		}
		nt_equal(row->what, arrives, n);
		nt_equal("  host_dropped tells the others", lost, dropped);
		close(s);
	}
	nt_parameter_set("generic_hwcsum", 0);
	set_tx_checksum(emulated, 1);
	nt_port_close(&port);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	nic = argv[1];
	emulated = argv[2];
	multi = argv[3];
	peer = argv[4];
	nt_pin();
	test_admode();
	test_selection();
	test_ownership();
	test_disjoint();
	test_host_rings();
	test_shared_offsets();
	test_offloads();
	return nt_failed != 0;
}
