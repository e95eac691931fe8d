// SPDX-License-Identifier: BSD-2-Clause
/* Asking the kernel for the memory region of a port. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "nmport-internal.h"

int32_t
nmreq_get_mem_id(const char **portname, struct nmctx *ctx)
{
	struct nmreq_port_info_get info = { 0 };
	const char *scan = *portname;
	struct nmreq_header hdr;
	int fd, ret, error;

	nmreq_header_init(&hdr, NETMAP_REQ_PORT_INFO_GET, &info);
	if (nmreq_header_decode(&scan, &hdr, ctx) < 0)
		return -1;
	fd = nmctx_open_device(ctx);
	if (fd < 0)
		return -1;
	ret = ioctl(fd, NIOCCTRL, &hdr);
	error = errno;
	close(fd);
	if (ret < 0) {
		nmctx_ferror(ctx, "cannot get info for '%s': %s", *portname, strerror(error));
		errno = error;
		return -1;
	}
	*portname = scan;
	return info.nr_mem_id;
}
