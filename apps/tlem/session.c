// SPDX-License-Identifier: BSD-2-Clause
/*
 * A session: a file that the running tlem (the server) and programs that change its parameters (clients)
 * map. The server holds a lock on the first part as long as it lives. A client locks the second part,
 * writes the parameters into the configuration that is not in use, and switches.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tlem.h"

#define HEADER_SIZE ((off_t)offsetof(struct session, direction))

static int session_fd = -1;

static int
set_lock(short type, int wait, off_t start, off_t length)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };

	return fcntl(session_fd, wait ? F_SETLKW : F_SETLK, &lock);
}

struct session *
session_open(const char *file, int *server)
{
	int flags = MAP_SHARED;
	void *memory;

	*server = 1;
	if (!file) {
		flags |= MAP_ANONYMOUS;
	} else {
		session_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (session_fd < 0) {
			FAIL("cannot open session file %s: %s", file, strerror(errno));
			return NULL;
		}
		*server = set_lock(F_WRLCK, 0, 0, 0) == 0;
		if (*server && ftruncate(session_fd, sizeof(struct session)) < 0) {
			FAIL("cannot set the size of %s: %s", file, strerror(errno));
			return NULL;
		}
	}
	memory = mmap(NULL, sizeof(struct session), PROT_READ | PROT_WRITE, flags, session_fd, 0);
	if (memory == MAP_FAILED) {
		FAIL("cannot map session file: %s", strerror(errno));
		return NULL;
	}
	if (*server) {
		memset(memory, 0, sizeof(struct session));
		((struct session *)memory)->version = SESSION_VERSION;
	}
	return memory;
}

void
session_ready(const struct session *session)
{
	(void)session;
	if (session_fd >= 0)
		set_lock(F_UNLCK, 0, HEADER_SIZE, 0);
}

const struct config *
session_config(const struct session *session, int direction)
{
	uint32_t active = __atomic_load_n(&session->direction[direction].active, __ATOMIC_ACQUIRE);

	return active < CONFIG_STOP ? &session->direction[direction].config[active] : NULL;
}

/* Whether the server allows the new parameters of a direction. */
static int
within_maxima(const struct session *session, int i, const struct config *c)
{
	double max_bps = session->direction[i].max_bps;
	uint64_t max_delay = session->direction[i].max_delay;
	uint64_t max_hold = session->direction[i].max_hold;

	if (max_bps != 0 && (c->bandwidth.bps == 0 || c->bandwidth.bps > max_bps)) {
		FAIL("invalid new bandwidth %.0f (max %.0f)", c->bandwidth.bps, max_bps);
		return 0;
	}
	if (delay_max(&c->delay) > max_delay) {
		FAIL("invalid new delay %llu ns (max %llu)",
		    (unsigned long long)delay_max(&c->delay), (unsigned long long)max_delay);
		return 0;
	}
	if (c->reorder.threshold && c->reorder.hold > max_hold) {
		FAIL("invalid new hold time %llu ns (max %llu)",
		    (unsigned long long)c->reorder.hold, (unsigned long long)max_hold);
		return 0;
	}
	return 1;
}

/* Waits until the server has given up its lock, that is, has ended. */
static void
wait_for_end(void)
{
	set_lock(F_UNLCK, 0, HEADER_SIZE, 0);
	while (set_lock(F_WRLCK, 1, 0, HEADER_SIZE) < 0 && errno == EINTR)
		;
}

static int
change(struct session *session, const struct options *o)
{
	struct config next[2];
	int i, errors = 0;

	for (i = 0; i < 2; i++) {
		const struct config *now = session_config(session, i);

		if (!now) {
			FAIL("the session is ending");
			return 1;
		}
		errors += options_config(o, i, &next[i], now);
		errors += !within_maxima(session, i, &next[i]);
	}
	if (errors) {
		FAIL("exiting due to %d error(s)", errors);
		return 1;
	}
	for (i = 0; i < 2; i++) {
		uint32_t spare = !session->direction[i].active;

		session->direction[i].config[spare] = next[i];
		__atomic_store_n(&session->direction[i].active, spare, __ATOMIC_RELEASE);
	}
	return 0;
}

int
session_client(struct session *session, const struct options *o)
{
	int status = 0;

	while (set_lock(F_WRLCK, 1, HEADER_SIZE, 0) < 0) {
		if (errno == EINTR)
			continue;
		FAIL("cannot lock the session: %s", strerror(errno));
		return 1;
	}
	if (session->version != SESSION_VERSION) {
		FAIL("session file of version %u, need %d", session->version, SESSION_VERSION);
		return 1;
	}
	if (o->ask_to_stop) {
		LOG("exiting due to -a");
		__atomic_store_n(&session->direction[0].active, CONFIG_STOP, __ATOMIC_RELEASE);
		__atomic_store_n(&session->direction[1].active, CONFIG_STOP, __ATOMIC_RELEASE);
		wait_for_end();
	} else {
		status = change(session, o);
	}
	return status;
}
