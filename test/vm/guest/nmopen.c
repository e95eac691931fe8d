// SPDX-License-Identifier: BSD-2-Clause
/*
 * nmopen: enters and leaves netmap mode. Prints nothing; exit status 0, or 1 with a message.
 *
 *   nmopen IF COUNT       opens and closes the port COUNT times, syncing both directions in between
 *   nmopen IF hold FILE   opens it, makes FILE, and waits in poll() until the port fails (status 3)
 */
#include "nmtest.h"

static int bind_port(const char *name)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nmreq_header hdr = {
		.nr_version = NETMAP_API,
		.nr_reqtype = NETMAP_REQ_REGISTER,
		.nr_body = (uintptr_t)&reg,
	};
	int fd = open("/dev/netmap", O_RDWR);

	strncpy(hdr.nr_name, name, sizeof(hdr.nr_name) - 1);
	if (fd < 0 || ioctl(fd, NIOCCTRL, &hdr) < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

static int hold(const char *name, const char *file)
{
	struct pollfd pfd = { .fd = bind_port(name), .events = POLLIN };

	close(open(file, O_CREAT | O_WRONLY, 0600));
	while (poll(&pfd, 1, 120000) > 0)
		if (pfd.revents & POLLERR)
			return 3;
	return 1;
}

int main(int argc, char **argv)
{
	int i, fd;

	if (argc == 4 && !strcmp(argv[2], "hold"))
		return hold(argv[1], argv[3]);
	if (argc != 3)
		return 2;
	for (i = 0; i < atoi(argv[2]); i++) {
		fd = bind_port(argv[1]);
		if (ioctl(fd, NIOCTXSYNC) < 0 || ioctl(fd, NIOCRXSYNC) < 0) {
			perror("sync");
			return 1;
		}
		close(fd);
	}
	return 0;
}
