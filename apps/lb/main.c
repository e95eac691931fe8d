// SPDX-License-Identifier: BSD-2-Clause
/* lb: spreads the packets of a port over pipes, by flow. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "json.h"
#include "lb.h"

#define POLL_TIMEOUT_MS 500

volatile sig_atomic_t do_abort;

static void
sigint_h(int number)
{
	do_abort = 1;
	signal(number, SIG_DFL);
}

static int
count_pipes(const struct balancer *lb)
{
	int g, count = 0;

	for (g = 0; g < lb->group_count; g++)
		count += lb->groups[g].pipes;
	return count;
}

/*
 * A pipe must wake us up when its consumer released something that moves on, or makes room for what
 * waits: with cur at tail, poll() returns when the tail moves.
 */
static short
events_of(struct balancer *lb, int g, struct pipe *pipe)
{
	int last = g + 1 == lb->group_count;

	if (!pipe->overflow.count && (last || !nm_tx_pending(pipe->ring)))
		return 0;
	pipe->ring->cur = pipe->ring->tail;
	return POLLOUT;
}

/* poll() also transmits what was put into the pipes, whether or not it waits for them. */
static void
wait_for_work(struct balancer *lb, struct pollfd *fds)
{
	int g, k, n = 0;

	for (g = 0; g < lb->group_count; g++)
		for (k = 0; k < lb->groups[g].pipes; k++, n++)
			fds[n] = (struct pollfd){ lb->groups[g].pipe[k].port->fd,
						  events_of(lb, g, &lb->groups[g].pipe[k]), 0 };
	fds[n] = (struct pollfd){ lb->port->fd, POLLIN, 0 };
	if (poll(fds, (nfds_t)n + 1, POLL_TIMEOUT_MS) < 0 && errno != EINTR)
		RD(1, "poll error: %s", strerror(errno));
	else if (fds[n].revents & POLLERR)
		RD(1, "error on %s", lb->port_name);
}

static void
sync_all(struct balancer *lb)
{
	int g, k;

	for (g = 0; g < lb->group_count; g++)
		for (k = 0; k < lb->groups[g].pipes; k++)
			ioctl(lb->groups[g].pipe[k].port->fd, NIOCTXSYNC, NULL);
	ioctl(lb->port->fd, NIOCRXSYNC, NULL);
}

static void
print_end(const struct balancer *lb)
{
	uint64_t forwarded = 0, dropped = 0;
	struct json j;
	int g, k;

	for (g = 0; g < lb->group_count; g++) {
		for (k = 0; k < lb->groups[g].pipes; k++) {
			forwarded += lb->groups[g].pipe[k].now.packets;
			dropped += lb->groups[g].pipe[k].now.dropped;
		}
	}
	if (lb->json) {
		json_begin(&j, stdout);
		json_string(&j, "event", "end");
		json_string(&j, "port", lb->port_name);
		json_unsigned(&j, "received", lb->received);
		json_unsigned(&j, "forwarded", forwarded);
		json_unsigned(&j, "dropped", dropped);
		json_unsigned(&j, "notIp", lb->not_ip);
		json_end(&j);
		return;
	}
	printf("%llu packets forwarded.  %llu packets dropped. Total %llu\n",
	       (unsigned long long)forwarded, (unsigned long long)dropped,
	       (unsigned long long)(forwarded + dropped));
}

int
main(int argc, char **argv)
{
	static struct balancer lb = { .batch = 2048, .wait = 2 };
	struct pollfd *fds;

	options_read(&lb, argc, argv);
	pipes_open(&lb);
	fds = calloc((size_t)count_pipes(&lb) + 1, sizeof(*fds));
	if (!fds)
		DIE(1, "cannot allocate %d pipes", count_pipes(&lb));
	sleep((unsigned int)lb.wait);
	signal(SIGINT, sigint_h);
	stats_init(&lb);
	while (!do_abort) {
		if (lb.busy_wait)
			sync_all(&lb);
		else
			wait_for_work(&lb, fds);
		forward_released(&lb);
		forward_received(&lb);
		stats_tick(&lb);
	}
	/* what was put into pipes at last still goes out */
	sync_all(&lb);
	print_end(&lb);
	pipes_close(&lb);
	free(fds);
	return 0;
}
