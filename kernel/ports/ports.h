/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What the core calls of each kind of port, and what stands for it in builds
 * without the kind: a name or a mode of it is refused then.
 */
#ifndef _NM_PORTS_H_
#define _NM_PORTS_H_

#include "core/core.h"

/* native */
int nm_native_init(void);
void nm_native_exit(void);

/* null */
#ifdef WITH_NMNULL
int nm_null_get(struct nm_lookup *lookup, struct netmap_adapter **pna);
#else
static inline int nm_null_get(struct nm_lookup *lookup,
			      struct netmap_adapter **pna)
{
	return lookup->reg->nr_mode == NR_REG_NULL ? -EOPNOTSUPP : 0;
}
#endif

/* pipe */
#ifdef WITH_PIPES
int nm_pipe_get(struct nm_lookup *lookup, struct netmap_adapter **pna);
#else
static inline int nm_pipe_get(struct nm_lookup *lookup,
			      struct netmap_adapter **pna)
{
	return strpbrk(lookup->name, "{}") ? -EOPNOTSUPP : 0;
}
#endif

/* monitor */
#ifdef WITH_MONITOR
int nm_monitor_get(struct nm_lookup *lookup, struct netmap_adapter **pna);
void nm_monitors_detach(struct netmap_adapter *na);
#else
static inline int nm_monitor_get(struct nm_lookup *lookup,
				 struct netmap_adapter **pna)
{
	return lookup->reg->nr_flags &
	       (NR_MONITOR_TX | NR_MONITOR_RX | NR_ZCOPY_MON) ? -EOPNOTSUPP : 0;
}

static inline void nm_monitors_detach(struct netmap_adapter *na) {}
#endif

/* sink */
#ifdef WITH_SINK
int nm_sink_init(void);
void nm_sink_exit(void);
#else
static inline int nm_sink_init(void) { return 0; }
static inline void nm_sink_exit(void) {}
#endif

/* emulated */
#ifdef WITH_GENERIC
int nm_generic_get(struct net_device *dev, struct netmap_adapter **pna);
void nm_generic_gone(struct netmap_adapter *na);
int nm_generic_init(void);
void nm_generic_exit(void);
#else
static inline int nm_generic_get(struct net_device *dev,
				 struct netmap_adapter **pna)
{
	return -EOPNOTSUPP;
}

static inline void nm_generic_gone(struct netmap_adapter *na) {}
static inline int nm_generic_init(void) { return 0; }
static inline void nm_generic_exit(void) {}
#endif

/*
 * vale. NIOCCONFIG is for switches of other modules that gave them a
 * configuration callback; without one it fails.
 */
#ifdef WITH_VALE
int nm_vale_config(struct nm_ifreq *ifreq);
int nm_vale_init(void);
void nm_vale_exit(void);
int nm_vale_get(struct nm_lookup *lookup, struct netmap_adapter **pna);
int nm_vale_list(struct nm_request *req);
int nm_vale_hdr_set(struct nm_request *req);
int nm_vale_hdr_get(struct nm_request *req);
int nm_vale_attach(struct nm_request *req);
int nm_vale_detach(struct nm_request *req);
int nm_vale_newif(struct nm_request *req);
int nm_vale_delif(struct nm_request *req);
int nm_vale_polling(struct nm_request *req, bool enable);
int nm_vi_create_hidden(struct nm_lookup *lookup, struct netmap_adapter **pna);
bool nm_vi_is(const struct net_device *dev);
void nm_vale_gone(struct netmap_adapter *hwna);
#else
static inline int nm_vale_init(void) { return 0; }
static inline void nm_vale_exit(void) {}
static inline int nm_vale_get(struct nm_lookup *lookup,
			      struct netmap_adapter **pna)
{
	return 0;
}

static inline int nm_vale_config(struct nm_ifreq *ifreq) { return -EINVAL; }
static inline int nm_vale_list(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_hdr_set(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_hdr_get(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_attach(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_detach(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_newif(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_delif(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_polling(struct nm_request *req, bool enable)
{
	return -EOPNOTSUPP;
}

static inline int nm_vi_create_hidden(struct nm_lookup *lookup,
				      struct netmap_adapter **pna)
{
	return -ENXIO;
}

static inline bool nm_vi_is(const struct net_device *dev) { return false; }
static inline void nm_vale_gone(struct netmap_adapter *hwna) {}
#endif

/* ptnet */
#ifdef WITH_PTNETMAP
int nm_ptnet_init_driver(void);
void nm_ptnet_exit_driver(void);
#else
static inline int nm_ptnet_init_driver(void) { return 0; }
static inline void nm_ptnet_exit_driver(void) {}
#endif

#endif /* _NM_PORTS_H_ */
