/* What it has is in netmap/netmap_kern.h. */
