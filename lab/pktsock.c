// SPDX-License-Identifier: BSD-2-Clause
/*
 * pktsock: the stock way to send and receive raw frames, to compare netmap with: sendmmsg() and
 * recvmmsg() on a packet socket. Prints one JSON object.
 *
 *   pktsock -i eth0 -f tx -n 1000000 [-l 60] [-b 512] [-D mac] [--bypass] [--check]
 *   pktsock -i eth0 -f rx -n 1000000 [-b 512] [-t 1000] [--check]
 *
 * rx ends after -n frames, after -t ms of silence once something came, or on SIGINT/SIGTERM.
 * --check: frames carry sequence numbers and checksums (apps/common/checkframe.h), rx verifies them.
 * cpuSeconds is user + system time of this process. Exit status: 0, 2 on errors; 1 when --check saw a
 * damaged frame.
 *
 * Build: cc -O2 -static -o pktsock lab/pktsock.c
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#define CHECK_PROGRAM "pktsock"
#include "../apps/common/checkprogram.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

#define FRAME_MAX 65536
#define RECEIVE_BUFFER (64 << 20)
#define TEXT "netmap pkt-gen DIRECT payload\nhttp://info.iet.unipi.it/~luigi/netmap/ "

struct options {
	struct check_options common;
	int bypass, check;
	uint8_t destination[6];
};

static int
open_socket(const struct options *o, uint8_t mac[6])
{
	/* a sender listens to nothing */
	int protocol = o->common.receive ? htons(ETH_P_ALL) : 0, one = 1, size = RECEIVE_BUFFER;
	int fd = socket(AF_PACKET, SOCK_RAW, protocol);
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = (unsigned short)protocol };
	struct ifreq ifr = { 0 };

	if (fd < 0)
		die("packet socket");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", o->common.port);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0)
		die(o->common.port);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	address.sll_ifindex = (int)if_nametoindex(o->common.port);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("bind");
	if (o->common.receive) {
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
		if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
			die("SO_RCVBUFFORCE");
	}
	if (o->bypass && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) < 0)
		die("PACKET_QDISC_BYPASS");
	return fd;
}

/* batch messages of size bytes each. */
static struct mmsghdr *
make_messages(int batch, size_t size)
{
	struct mmsghdr *messages = calloc((size_t)batch, sizeof(*messages));
	struct iovec *vectors = calloc((size_t)batch, sizeof(*vectors));
	uint8_t *memory = calloc((size_t)batch, size);
	int i;

	if (!messages || !vectors || !memory)
		die("memory");
	for (i = 0; i < batch; i++) {
		vectors[i] = (struct iovec){ memory + (size_t)i * size, size };
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	return messages;
}

static void
run_tx(const struct options *o, int fd, const uint8_t mac[6])
{
	struct mmsghdr *messages = make_messages(o->common.batch, (size_t)o->common.size);
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	double start, seconds, cpu;
	long long sent = 0, retries = 0;
	int i, n;

	for (i = 0; i < o->common.batch; i++) {
		uint8_t *frame = messages[i].msg_hdr.msg_iov->iov_base;
		int at;

		check_headers(frame, (size_t)o->common.size, o->destination, mac);
		for (at = CHECK_HEADERS; !o->check && at < o->common.size; at++)
			frame[at] = (uint8_t)TEXT[(at - CHECK_HEADERS) % (int)(sizeof(TEXT) - 1)];
	}
	start = now();
	cpu = cpu_seconds();
	while (!stop && sent < o->common.count) {
		int want = o->common.count - sent < o->common.batch ? (int)(o->common.count - sent) : o->common.batch;

		for (i = 0; o->check && i < want; i++)
			check_fill(messages[i].msg_hdr.msg_iov->iov_base, (size_t)o->common.size,
				   (uint32_t)(sent + i));
		n = sendmmsg(fd, messages, (unsigned int)want, 0);
		if (n > 0) {
			sent += n;
			continue;
		}
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			die("sendmmsg");
		retries++; /* the queue is full: the frame was not taken */
		poll(&pfd, 1, 1);
	}
	seconds = now() - start;
	printf("{\"function\":\"tx\",\"sent\":%lld,\"seconds\":%.6f,\"pps\":%.1f,"
	       "\"cpuSeconds\":%.6f,\"retries\":%lld}\n",
	       sent, seconds, seconds > 0 ? (double)sent / seconds : 0, cpu_seconds() - cpu, retries);
}

/* Whether a frame looks like one of run_tx() or of pkt-gen: IPv4 to UDP port 1234. */
static int
is_ours(const uint8_t *frame, unsigned int len)
{
	return len >= CHECK_HEADERS && frame[12] == 0x08 && frame[13] == 0x00 &&
	       frame[36] == 0x04 && frame[37] == 0xd2;
}

static int
run_rx(const struct options *o, int fd)
{
	struct mmsghdr *messages = make_messages(o->common.batch, o->check ? FRAME_MAX : 128);
	struct check_tally tally;
	struct tpacket_stats stats = { 0 };
	socklen_t length = sizeof(stats);
	double first = 0, last = 0, cpu = 0;
	long long received = 0, foreign = 0, bytes = 0;
	int i, n;

	if (check_tally_init(&tally, (uint64_t)o->common.count) < 0)
		die("memory");
	while (!stop && received < o->common.count) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };

		n = poll(&pfd, 1, o->common.silence_ms);
		if (n == 0 && received)
			break;
		if (n <= 0)
			continue;
		if (!received) {
			first = now();
			cpu = cpu_seconds();
		}
		n = recvmmsg(fd, messages, (unsigned int)o->common.batch, MSG_DONTWAIT | MSG_TRUNC, NULL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			die("recvmmsg");
		for (i = 0; i < n; i++) {
			const uint8_t *frame = messages[i].msg_hdr.msg_iov->iov_base;

			if (!is_ours(frame, messages[i].msg_len)) {
				foreign++;
				continue;
			}
			received++;
			bytes += messages[i].msg_len;
			if (o->check)
				check_tally_add(&tally, frame, messages[i].msg_len);
		}
		if (n > 0)
			last = now();
	}
	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length);
	printf("{\"function\":\"rx\",\"received\":%lld,\"bytes\":%lld,\"seconds\":%.6f,"
	       "\"pps\":%.1f,\"cpuSeconds\":%.6f,\"dropped\":%u,\"foreign\":%lld",
	       received, bytes, last - first, last > first ? (double)received / (last - first) : 0,
	       received ? cpu_seconds() - cpu : 0, stats.tp_drops, foreign);
	if (o->check) {
		printf(",\"unmarked\":%llu,", (unsigned long long)tally.foreign);
		check_tally_print(&tally);
	}
	puts("}");
	return tally.bad || tally.duplicates ? 1 : 0;
}

static void
read_options(struct options *o, int argc, char **argv)
{
	static const struct option words[] = { { "bypass", no_argument, NULL, 'B' },
					       { "check", no_argument, NULL, 'c' },
					       { NULL, 0, NULL, 0 } };
	uint8_t *d = o->destination;
	int option;

	while ((option = getopt_long(argc, argv, CHECK_OPTIONS "D:", words, NULL)) != -1) {
		switch (option) {
		case 'D':
			if (sscanf(optarg, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", d, d + 1, d + 2, d + 3,
				   d + 4, d + 5) != 6)
				goto usage;
			break;
		case 'B':
			o->bypass = 1;
			break;
		case 'c':
			o->check = 1;
			break;
		default:
			if (check_option(&o->common, option, optarg) < 0)
				goto usage;
		}
	}
	if (o->common.port && optind == argc)
		return;
usage:
	fputs("usage: pktsock -i interface -f tx|rx [-n count] [-l size] [-b batch] [-t ms] [-D mac] "
	      "[--bypass] [--check]\n",
	      stderr);
	exit(2);
}

int
main(int argc, char **argv)
{
	struct options o = { .common = { CHECK_OPTIONS_DEFAULT },
			     .destination = { 255, 255, 255, 255, 255, 255 } };
	uint8_t mac[6];
	int fd;

	o.common.count = 1000000;
	o.common.max_size = FRAME_MAX;
	o.common.max_batch = 1024; /* of sendmmsg() */
	read_options(&o, argc, argv);
	check_start();
	fd = open_socket(&o, mac);
	if (o.common.receive)
		return run_rx(&o, fd);
	run_tx(&o, fd, mac);
	return 0;
}
