// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Parameters of regions: what the global one is made of, the least that
 * private ones have, and what the global one has got.
 */
#include <linux/module.h>

#include "mem.h"

/* of the global region; read again whenever it is idle */
static int if_size = 1024;
static int if_num = 100;
static int ring_size = 9 * PAGE_SIZE;
static int ring_num = 200;
static int buf_size = 2048;
static int buf_num = 163840;
static int priv_if_size = 1024;
static int priv_if_num = 2;
static int priv_ring_size = 5 * PAGE_SIZE;
static int priv_ring_num = 4;
static int priv_buf_size = 2048;
static int priv_buf_num = 4098;
static int if_curr_size, if_curr_num;
static int ring_curr_size, ring_curr_num;
static int buf_curr_size, buf_curr_num;

module_param(if_size, int, 0644);
MODULE_PARM_DESC(if_size, "Bytes of an interface object");
module_param(if_num, int, 0644);
MODULE_PARM_DESC(if_num, "Number of interface objects");
module_param(ring_size, int, 0644);
MODULE_PARM_DESC(ring_size, "Bytes of a ring object");
module_param(ring_num, int, 0644);
MODULE_PARM_DESC(ring_num, "Number of ring objects");
module_param(buf_size, int, 0644);
MODULE_PARM_DESC(buf_size, "Bytes of a packet buffer");
module_param(buf_num, int, 0644);
MODULE_PARM_DESC(buf_num, "Number of packet buffers");
module_param(priv_if_size, int, 0644);
MODULE_PARM_DESC(priv_if_size, "Least bytes of a private interface object");
module_param(priv_if_num, int, 0644);
MODULE_PARM_DESC(priv_if_num, "Least number of private interface objects");
module_param(priv_ring_size, int, 0644);
MODULE_PARM_DESC(priv_ring_size, "Least bytes of a private ring object");
module_param(priv_ring_num, int, 0644);
MODULE_PARM_DESC(priv_ring_num, "Least number of private ring objects");
module_param(priv_buf_size, int, 0644);
MODULE_PARM_DESC(priv_buf_size, "Least bytes of a private packet buffer");
module_param(priv_buf_num, int, 0644);
MODULE_PARM_DESC(priv_buf_num, "Least number of private packet buffers");
module_param(if_curr_size, int, 0444);
MODULE_PARM_DESC(if_curr_size, "Actual bytes of an interface object");
module_param(if_curr_num, int, 0444);
MODULE_PARM_DESC(if_curr_num, "Actual number of interface objects");
module_param(ring_curr_size, int, 0444);
MODULE_PARM_DESC(ring_curr_size, "Actual bytes of a ring object");
module_param(ring_curr_num, int, 0444);
MODULE_PARM_DESC(ring_curr_num, "Actual number of ring objects");
module_param(buf_curr_size, int, 0444);
MODULE_PARM_DESC(buf_curr_size, "Actual bytes of a packet buffer");
module_param(buf_curr_num, int, 0444);
MODULE_PARM_DESC(buf_curr_num, "Actual number of packet buffers");

/* What the global region is asked to be. */
void nm_mem_params_global(struct nm_pool_params *params)
{
	params[NM_POOL_IF] = (struct nm_pool_params){ if_size, if_num };
	params[NM_POOL_RING] = (struct nm_pool_params){ ring_size, ring_num };
	params[NM_POOL_BUF] = (struct nm_pool_params){ buf_size, buf_num };
}

/* Parameters are signed, and root may write any number into them. */
static struct nm_pool_params nm_params(int size, int num)
{
	return (struct nm_pool_params){ max(size, 0), max(num, 0) };
}

/* The least that private regions have. */
void nm_mem_priv_params(struct nm_pool_params *params)
{
	params[NM_POOL_IF] = nm_params(priv_if_size, priv_if_num);
	params[NM_POOL_RING] = nm_params(priv_ring_size, priv_ring_num);
	params[NM_POOL_BUF] = nm_params(priv_buf_size, priv_buf_num);
}

/* Shows what the global region has become. */
void nm_mem_show_global(const struct netmap_mem_d *mem)
{
	const struct nm_pool *pool = mem->pools;

	if_curr_size = pool[NM_POOL_IF].objsize;
	if_curr_num = pool[NM_POOL_IF].objtotal;
	ring_curr_size = pool[NM_POOL_RING].objsize;
	ring_curr_num = pool[NM_POOL_RING].objtotal;
	buf_curr_size = pool[NM_POOL_BUF].objsize;
	buf_curr_num = mem->allocated ? pool[NM_POOL_BUF].num_objs :
					pool[NM_POOL_BUF].objtotal;
}
