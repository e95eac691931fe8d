/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For test programs that run in a guest: requests in one line, and results in
 * the format of the guest script's result file (see lab/guest/lib.sh).
 */
#ifndef NMTEST_H
#define NMTEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <net/netmap.h>

static FILE *nt_results;
static unsigned int nt_failed;

/* One result: a line of the verdict. */
__attribute__((format(printf, 2, 3)))
static void nt_result(bool ok, const char *format, ...)
{
	va_list args;

	if (!nt_results) {
		nt_results = fopen("/run/vm/results", "a");
		if (!nt_results)
			nt_results = stdout;
		setlinebuf(nt_results);
	}
	fputs(ok ? "ok\t" : "not ok\t", nt_results);
	va_start(args, format);
	vfprintf(nt_results, format, args);
	va_end(args);
	fputs("\t\n", nt_results);
	if (!ok) {
		nt_failed++;
		va_start(args, format);
		fputs("FAILED: ", stdout);
		vprintf(format, args);
		va_end(args);
		putchar('\n');
	}
}

/* 0 or errno names, for results that explain themselves. */
static __attribute__((unused)) const char *nt_errno(int error)
{
	return error ? strerrorname_np(error) ?: "an unknown error" : "success";
}

static __attribute__((unused)) bool nt_equal(const char *what, uint64_t want, uint64_t got)
{
	if (want == got)
		nt_result(true, "%s", what);
	else
		nt_result(false, "%s: expected %llu, got %llu", what,
			  (unsigned long long)want, (unsigned long long)got);
	return want == got;
}

static __attribute__((unused)) bool nt_errno_is(const char *what, int want, int got)
{
	if (want == got)
		nt_result(true, "%s", what);
	else
		nt_result(false, "%s: expected %s, got %s", what, nt_errno(want),
			  nt_errno(got));
	return want == got;
}

/* Set where the module comes and goes: nt_open() then waits for it. */
static bool nt_module_moves;

static __attribute__((unused)) int nt_open(void)
{
	int fd = open("/dev/netmap", O_RDWR), tries = 0;

	while (fd < 0 && nt_module_moves && tries++ < 30000) {
		usleep(1000);
		fd = open("/dev/netmap", O_RDWR);
	}
	if (fd < 0) {
		nt_result(false, "open /dev/netmap: %s", strerror(errno));
		exit(1);
	}
	return fd;
}

/* NIOCCTRL with version 14; returns 0 or errno. */
static __attribute__((unused)) int nt_ctrl(int fd, int type, const char *name, void *body, void *options)
{
	struct nmreq_header hdr = {
		.nr_version = NETMAP_API, .nr_reqtype = type,
		.nr_options = (uintptr_t)options, .nr_body = (uintptr_t)body,
	};

	strncpy(hdr.nr_name, name, sizeof(hdr.nr_name) - 1);
	return ioctl(fd, NIOCCTRL, &hdr) ? errno : 0;
}

static __attribute__((unused)) int nt_register(int fd, const char *name, struct nmreq_register *reg)
{
	if (!reg->nr_mode)
		reg->nr_mode = NR_REG_ALL_NIC;
	return nt_ctrl(fd, NETMAP_REQ_REGISTER, name, reg, NULL);
}

/* A registered port with its memory. */
struct nt_port {
	int fd;
	struct nmreq_register reg;
	char *mem;
	struct netmap_if *nifp;
};

static __attribute__((unused)) struct netmap_ring *nt_tx(struct nt_port *port, unsigned int i)
{
	return (void *)((char *)port->nifp + port->nifp->ring_ofs[i]);
}

static __attribute__((unused)) struct netmap_ring *nt_rx(struct nt_port *port, unsigned int i)
{
	return (void *)((char *)port->nifp +
			port->nifp->ring_ofs[port->nifp->ni_tx_rings +
					     port->nifp->ni_host_tx_rings + i]);
}

static __attribute__((unused)) char *nt_buf(struct netmap_ring *ring, uint32_t i)
{
	return (char *)ring + ring->buf_ofs + (size_t)i * ring->nr_buf_size;
}

static __attribute__((unused)) uint32_t nt_next(struct netmap_ring *ring, uint32_t i)
{
	return i + 1 == ring->num_slots ? 0 : i + 1;
}

/* Registers and maps; 0 or errno. port->reg holds the request. */
static __attribute__((unused)) int nt_port_open(struct nt_port *port, const char *name, void *options)
{
	int error;

	port->fd = nt_open();
	if (!port->reg.nr_mode)
		port->reg.nr_mode = NR_REG_ALL_NIC;
	error = nt_ctrl(port->fd, NETMAP_REQ_REGISTER, name, &port->reg, options);
	if (error) {
		close(port->fd);
		port->fd = -1;
		return error;
	}
	port->mem = mmap(NULL, port->reg.nr_memsize, PROT_READ | PROT_WRITE,
			 MAP_SHARED, port->fd, 0);
	if (port->mem == MAP_FAILED) {
		error = errno;
		close(port->fd);
		return error;
	}
	port->nifp = (void *)(port->mem + port->reg.nr_offset);
	return 0;
}

static __attribute__((unused)) void nt_port_close(struct nt_port *port)
{
	if (port->fd < 0)
		return;
	munmap(port->mem, port->reg.nr_memsize);
	close(port->fd);
	port->fd = -1;
}

/*
 * Frames of one sender stay in order on one processor only: a veth has a queue for each, and a sender that
 * moves to another one while the first still has frames queued there is overtaken by itself.
 */
static __attribute__((unused)) void nt_pin(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	if (sched_setaffinity(0, sizeof(here), &here))
		nt_result(false, "sched_setaffinity: %s", strerror(errno));
}

/* Milliseconds of a clock that only goes forward. */
static __attribute__((unused)) uint64_t nt_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

/* How long something may take that is sure to happen: a busy machine stands still for seconds. */
#define NT_PATIENCE_MS 20000

/* Parameters of the module. */
static __attribute__((unused)) void nt_parameter_set(const char *name, int value)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/netmap/parameters/%s", name);
	f = fopen(path, "w");
	if (!f || fprintf(f, "%d", value) < 0 || fclose(f))
		nt_result(false, "%s = %d: %s", name, value, strerror(errno));
}

static __attribute__((unused)) int nt_parameter(const char *name)
{
	char path[100];
	int value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/netmap/parameters/%s", name);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%d", &value) != 1)
			value = -1;
		fclose(f);
	}
	return value;
}

#endif
