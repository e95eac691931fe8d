/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets from memory that is there late (NS_INDIRECT): none is lost, and their order stays. Memory that is never there
 * costs its packet alone.
 */
#include "kloop.h"

#define COUNT 8
#define PAGE 4096

static void frame(char *at, uint32_t number)
{
	memset(at, 0xff, 6);
	memset(at + 6, 2, 6);
	memcpy(at + 14, &number, 4);
}

static char *file_pages(void)
{
	char name[] = "/tmp/indirect-XXXXXX", page[PAGE] = { 0 };
	int fd = mkstemp(name);
	char *at;

	for (uint32_t i = 0; i < COUNT; i++) {
		frame(page, i);
		if (write(fd, page, PAGE) != PAGE)
			nt_result(false, "%s: %s", name, strerror(errno));
	}
	/* not populated: each page is a fault */
	at = mmap(NULL, COUNT * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	unlink(name);
	return at;
}

static int by_ioctl(struct nt_port *a)
{
	return ioctl(a->fd, NIOCTXSYNC) ? errno : 0;
}

static int by_poll(struct nt_port *a)
{
	struct pollfd p = { .fd = a->fd, .events = POLLOUT };

	return poll(&p, 1, 1000) < 0 ? errno : 0;
}

/* Sends COUNT packets; the one at missing, if it is below COUNT, has no memory. */
static void send_all(struct nt_port *a, struct nt_port *b, const char *how, int (*sync)(struct nt_port *), uint32_t missing)
{
	struct netmap_ring *tx = nt_tx(a, 0), *rx = nt_rx(b, 0);
	uint32_t i, number, got = 0, next = 0, wrong = 0, at = tx->head;
	char *pages = file_pages();

	for (i = 0; i < COUNT; i++, at = nt_next(tx, at)) {
		tx->slot[at].ptr = i == missing ? PAGE : (uintptr_t)pages + i * PAGE;
		tx->slot[at].len = 60;
		tx->slot[at].flags = NS_INDIRECT;
	}
	tx->head = tx->cur = at;
	nt_errno_is(how, 0, sync(a));
	ioctl(b->fd, NIOCRXSYNC);
	for (; rx->head != rx->tail; rx->head = rx->cur = nt_next(rx, rx->head), got++, next++) {
		memcpy(&number, nt_buf(rx, rx->slot[rx->head].buf_idx) + 14, 4);
		next += next == missing;
		wrong += number != next || rx->slot[rx->head].len != 60;
	}
	nt_equal(missing < COUNT ? "all but the one without memory arrive" : "all arrive", COUNT - (missing < COUNT), got);
	nt_equal("in order, as they were", 0, wrong);
	munmap(pages, COUNT * PAGE);
}

int main(void)
{
	struct nt_port a = { 0 }, b = { 0 };

	nt_errno_is("a", 0, nt_port_open(&a, "vale0:a", NULL));
	nt_errno_is("b", 0, nt_port_open(&b, "vale0:b", NULL));
	send_all(&a, &b, "ioctl, pages that are there late", by_ioctl, COUNT);
	send_all(&a, &b, "poll, pages that are there late", by_poll, COUNT);
	send_all(&a, &b, "ioctl, one that is nowhere", by_ioctl, 3);
	send_all(&a, &b, "poll, one that is nowhere", by_poll, 3);
	nt_port_close(&a);
	nt_port_close(&b);
	return nt_failed;
}
