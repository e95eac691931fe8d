/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The null device: netmap rings in private memory. What is sent is gone at the next sync, nothing
 * is ever received. It measures what generating packets costs, and needs no kernel module.
 */
#ifndef NULL_DEVICE_H_
#define NULL_DEVICE_H_

#include <libnetmap.h>

/* A port with the given number of rings per direction, 1024 slots of 2048 bytes each; or NULL. */
struct nmport_d *null_device_open(int rings);
void null_device_close(struct nmport_d *port);
/* A port of the same memory, bound to ring id only; or NULL. Freed with free(). */
struct nmport_d *null_device_clone(const struct nmport_d *port, int id);
/* All slots in the TX rings of the port have been sent. */
int null_device_sync(struct nmport_d *port);

#endif
