/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pkt-gen: what its files share. Data flows left to right:
 *   options.c -> struct config -> device.c opens the port -> workers.c starts one thread per ring,
 *   each runs the body of its function (send.c, receive.c, ...) -> report.c prints the counters.
 */
#ifndef PKT_GEN_H_
#define PKT_GEN_H_

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

#include <libnetmap.h>
#include "log.h"

#define EXIT_USAGE 255 /* what scripts know for wrong options; the C source of old said -1 */

#define FRAME_MIN 16
#define FRAME_MAX 65536
#define VNET_HDR_MAX 12
#define FRAGS_MAX 63
#define IFNAME_MAX 504

/* Bits of -o and of the options that are short for them. */
enum option_bits {
	OPT_PREFETCH = 1,
	OPT_ACCESS = 2,
	OPT_COPY = 4,
	OPT_MEMCPY = 8,
	OPT_TIMESTAMP = 16,
	OPT_INDIRECT = 32,
	OPT_DUMP = 64,
	OPT_RUBBISH = 256,
	OPT_RANDOM_SRC = 512,
	OPT_RANDOM_DST = 1024,
	OPT_PPS_STATS = 2048,
	OPT_UPDATE_CSUM = 4096,
};

enum direction { DIR_TX, DIR_RX, DIR_BOTH };

struct worker;
struct latency;
struct pacer;

/* A function of -f. */
struct function {
	const char *name;
	void *(*body)(struct worker *);
	enum direction direction;
	int default_burst;
	int single_thread; /* refuses -p > 1 */
};

/* One end of an address range, IPv4 or IPv6, network byte order; port in host order. */
struct endpoint {
	union {
		uint8_t v4[4];
		uint8_t v6[16];
	};
	uint16_t port;
};

/* A range of -s or -d. */
struct range {
	const char *text; /* as given */
	struct endpoint low, high;
	int group; /* IPv6: which 16-bit word varies */
};

/* The options, read once, then constant. */
struct config {
	const struct function *function;
	char port[IFNAME_MAX + 8]; /* with the netmap: prefix */
	const char *port_as_given;
	int64_t count; /* 0: no limit */
	int size, size_min; /* bytes without virtio-net header; min 0: fixed */
	int burst;
	int family; /* AF_INET, AF_INET6 */
	struct range source, destination;
	const char *mac_source_text, *mac_destination_text;
	uint8_t mac_source[6], mac_destination[6];
	int affinity; /* -1: none */
	int cpus, online_cpus;
	int threads;
	int report_interval; /* ms */
	int wait; /* s; -1: depends on the port */
	int stop_on_silence;
	int64_t rate; /* packets per second of all threads, 0: unlimited */
	int vnet_header; /* -1: ask the port */
	uint8_t *file_frame; /* -P: sent as it is; NULL otherwise */
	int file_frame_size;
	int normalize;
	int frags, max_frag_size;
	int framing_bits; /* bits per packet to add to bps figures */
	const char *ring_config; /* -C */
	uint32_t options;
	int verbose;
	int json;
	int report; /* --report: latency histogram, per-queue rates, live display */
};

enum device_kind { DEVICE_NETMAP, DEVICE_NULL, DEVICE_TAP, DEVICE_PACKET };

/* What the workers share. */
struct device {
	enum device_kind kind;
	struct nmport_d *main_port;
	int main_fd;
	char host_name[64]; /* the OS interface, empty if there is none */
};

/* A packet to be sent: a template and what changes from packet to packet. */
struct frame {
	uint8_t *memory;
	uint8_t *start; /* virtio-net header, if any, then Ethernet */
	int vnet_header;
	int ether_size; /* current bytes without virtio-net header */
	int verbatim;	/* from a pcap file: never changed */
	int family;
	uint32_t ip_base, udp_base; /* sums of all that does not vary, see frame.c */
	const struct range *source, *destination;
	struct endpoint now_source, now_destination;
	int varies; /* addresses or ports change from packet to packet */
	uint32_t random_bits;
	uint64_t random_state;
};

/* Counters of a worker; written by it, read by the reporting thread. */
struct counters {
	uint64_t packets, bytes, events;
	uint64_t min_space;
};

/* What --report says about one ring of a worker. */
struct queue {
	int ring;
	uint64_t packets;
	uint64_t reported; /* packets at the last report; of the reporting thread */
};

struct worker {
	const struct config *config;
	const struct device *device;
	struct nmport_d *port; /* NULL for a device without rings */
	int fd;
	int id;
	int64_t count; /* share of config.count; -1: no limit */
	int64_t rate;  /* share of config.rate; 0: unlimited */
	int used;
	int failed;
	int done;
	pthread_t thread;
	struct timespec start, end;
	double cpu_seconds;
	const struct latency *latency; /* of ping; NULL otherwise */
	struct frame frame;
	struct queue *queues; /* the rings of the function's direction */
	int queue_count;
	/* on its own cache line: the reporting thread reads it while the worker runs */
	struct counters counters __attribute__((aligned(64)));
};

#define MIN_SPACE_UNKNOWN 99999

extern volatile sig_atomic_t stop_requested;

/* options.c */
void options_read(struct config *config, int argc, char **argv);
void usage(int status) __attribute__((noreturn));
const struct function *function_find(const char *name);

/* address.c; 0, or -1 when the text is no such address */
int mac_parse(const char *text, uint8_t mac[6]);
int range_parse(struct range *range, int family);
void extract_ip_range(struct range *range, int family);

/* frame.c */
int frame_init(struct frame *frame, const struct config *config, int vnet_header);
void frame_set_size(struct frame *frame, int ether_size);
void frame_next(struct frame *frame);
void frame_step(struct frame *frame);
void frame_write_addresses(const struct frame *frame, uint8_t *ether);
void frame_set_sequence(struct frame *frame, uint32_t sequence);
void frame_free(struct frame *frame);
uint64_t random_next(uint64_t *state);
#define FRAME_PAYLOAD4 42 /* Ethernet 14 + IPv4 20 + UDP 8 */
#define FRAME_PAYLOAD6 62

/* device.c */
void device_open(struct device *device, struct config *config);
void device_close(struct device *device);
struct nmport_d *device_clone(const struct device *device, const struct config *config, int id);
int device_rings(const struct device *device, enum direction direction);
/* Both take the worker's port. wait: poll for events (0 timeout, <0 errno, else revents). */
int device_wait(struct worker *worker, short events, int timeout_ms, short *revents);
int device_sync(struct worker *worker, enum direction direction);
int device_push(struct worker *worker, const struct pacer *pacer);

/* file.c, packet.c: devices without rings, behind a file descriptor */
int tap_open(const char *name);
int packet_open(const char *name);
int device_has_rings(const struct device *device);
void file_send(struct worker *worker);
void file_receive(struct worker *worker);

/* rate.c */
struct pacer {
	int burst;	 /* packets per period */
	int64_t rate;	 /* packets per second */
	int64_t period;	 /* ns, 0: unlimited */
	int64_t credit;	 /* packets still to be sent in this period */
	int64_t rest;	 /* of the division that gave next, in 1/rate ns */
	struct timespec next; /* when the period began */
};
void pacer_init(struct pacer *pacer, int burst, int64_t rate);
void pacer_start(struct pacer *pacer, struct timespec *start);
void pacer_wait(struct pacer *pacer);
void pacer_end(struct pacer *pacer);
int64_t timespec_since_ns(const struct timespec *now, const struct timespec *then);

/* workers.c */
void start_threads(struct worker *workers, const struct config *config,
		   const struct device *device);
void worker_publish(struct worker *worker, uint64_t packets, uint64_t bytes, uint64_t events);
void worker_queue(struct worker *worker, int index, uint64_t packets);
void worker_space(struct worker *worker, uint32_t space);

/* report.c */
void report_start(const struct config *config, const struct device *device);
void main_thread(struct worker *workers, const struct config *config,
		 const struct device *device);

/* details.c */
struct json;
void details_queues(struct worker *workers, const struct config *config, int64_t usec);
void details_begin(void);
void details_latency(const struct latency *latency);
void details_json(struct json *j, const struct worker *workers, const struct config *config);

/* dump.c */
void dump_packet(const char *data, int len, const struct netmap_ring *ring, uint32_t cur);

/* bodies of the functions */
void *sender_body(struct worker *worker);
void *receiver_body(struct worker *worker);
void *txseq_body(struct worker *worker);
void *rxseq_body(struct worker *worker);
void *ping_body(struct worker *worker);
void *pong_body(struct worker *worker);

#endif
