/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fdpass PORT: a descriptor and its mapping in several processes: fork, and a
 * descriptor sent over a socket. The port stays bound until the last one ends.
 */
#include "nmtest.h"
#include <sys/socket.h>
#include <sys/wait.h>

static int send_fd(int s, int fd)
{
	char data = 'x', control[CMSG_SPACE(sizeof(fd))] = {};
	struct iovec iov = { &data, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(s, &msg, 0) == 1 ? 0 : -1;
}

static int receive_fd(int s)
{
	char data, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &data, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(s, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Another process: has only the descriptor, and what it was told of the port. */
static int receiver(int s, struct nmreq_register reg)
{
	struct nt_port port = { .fd = receive_fd(s), .reg = reg };
	struct netmap_ring *ring;

	if (port.fd < 0)
		return 1;
	port.mem = mmap(NULL, reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED,
			port.fd, 0);
	if (port.mem == MAP_FAILED)
		return 2;
	port.nifp = (void *)(port.mem + reg.nr_offset);
	ring = nt_tx(&port, 0);
	/* positions carry over from the other process */
	if (ring->head != 3)
		return 3;
	ring->slot[ring->head].len = 60;
	ring->head = ring->cur = nt_next(ring, ring->head);
	return ioctl(port.fd, NIOCTXSYNC) ? 4 : 0;
}

int main(int argc, char **argv)
{
	struct nt_port port = { .reg.nr_flags = NR_EXCLUSIVE };
	struct nmreq_register again = { .nr_flags = NR_EXCLUSIVE };
	int pair[2], status, pipe_fds[2];
	struct netmap_ring *ring;
	char c;

	if (argc != 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(pipe_fds))
		return 2;
	nt_errno_is("fd passing: the port opens", 0, nt_port_open(&port, argv[1], NULL));
	ring = nt_tx(&port, 0);
	for (int i = 0; i < 3; i++) {
		ring->slot[ring->head].len = 60;
		ring->head = ring->cur = nt_next(ring, ring->head);
	}
	nt_errno_is("fd passing: the first process sends", 0,
		    ioctl(port.fd, NIOCTXSYNC) ? errno : 0);
	if (!fork()) {
		/* without what fork() handed on */
		munmap(port.mem, port.reg.nr_memsize);
		close(port.fd);
		_exit(receiver(pair[1], port.reg));
	}
	send_fd(pair[0], port.fd);
	wait(&status);
	nt_equal("fd passing: the other process sends too", 0, status);
	nt_equal("fd passing: and both see it", 4, ring->head);

	if (!fork()) {
		close(pipe_fds[1]);
		(void)!read(pipe_fds[0], &c, 1); /* until the parent says so */
		_exit(0);
	}
	nt_port_close(&port);
	nt_errno_is("fork: the port stays bound while a child has it", EBUSY,
		    nt_register(nt_open(), argv[1], &again));
	close(pipe_fds[1]);
	wait(&status);
	again = (struct nmreq_register){ .nr_flags = NR_EXCLUSIVE };
	nt_errno_is("fork: and is free when the child is gone", 0,
		    nt_register(nt_open(), argv[1], &again));
	return nt_failed != 0;
}
