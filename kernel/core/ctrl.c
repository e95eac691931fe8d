// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * NIOCCTRL: a header, a body and a list of options come from the user, are
 * checked, dispatched, and go back. Nothing is read twice, and nothing that
 * the user holds is trusted after the copy.
 */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core.h"
#include "ports/ports.h"
#include "mem/mem.h"

/*
 * Limits on a request: user bytes, and the kernel's own accounting of them,
 * which also bounds cyclic lists. The numbers are part of the interface:
 * programs can tell how many options fit.
 */
#define NM_REQ_ROOM (NETMAP_REQ_MAXSIZE + 14 * sizeof(void *))
#define NM_REQ_ROOM_FIXED (2 * sizeof(void *) + 48)
#define NM_REQ_ROOM_OPTION (sizeof(struct nmreq_option) + sizeof(void *))

struct nm_option {
	struct list_head list;
	struct nmreq_option __user *user;
	size_t body_size; /* bytes behind the header, 0 = not read */
	struct nmreq_option hdr; /* the body follows */
};

static size_t nm_request_body_size(u16 type)
{
	switch (type) {
	case NETMAP_REQ_REGISTER:
		return sizeof(struct nmreq_register);
	case NETMAP_REQ_PORT_INFO_GET:
		return sizeof(struct nmreq_port_info_get);
	case NETMAP_REQ_VALE_ATTACH:
		return sizeof(struct nmreq_vale_attach);
	case NETMAP_REQ_VALE_DETACH:
		return sizeof(struct nmreq_vale_detach);
	case NETMAP_REQ_VALE_LIST:
		return sizeof(struct nmreq_vale_list);
	case NETMAP_REQ_PORT_HDR_SET:
	case NETMAP_REQ_PORT_HDR_GET:
		return sizeof(struct nmreq_port_hdr);
	case NETMAP_REQ_VALE_NEWIF:
		return sizeof(struct nmreq_vale_newif);
	case NETMAP_REQ_VALE_POLLING_ENABLE:
	case NETMAP_REQ_VALE_POLLING_DISABLE:
		return sizeof(struct nmreq_vale_polling);
	case NETMAP_REQ_POOLS_INFO_GET:
		return sizeof(struct nmreq_pools_info);
	case NETMAP_REQ_SYNC_KLOOP_START:
		return sizeof(struct nmreq_sync_kloop_start);
	}
	return 0;
}

static bool nm_option_known(u32 type)
{
	return type < NETMAP_REQ_OPT_MAX;
}

static size_t nm_option_body_size(const struct nmreq_option *hdr)
{
	size_t size = sizeof(*hdr);

	switch (hdr->nro_reqtype) {
#ifdef WITH_EXTMEM
	case NETMAP_REQ_OPT_EXTMEM:
		return sizeof(struct nmreq_opt_extmem) - size;
#endif
	case NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS:
		return hdr->nro_size >= size ? hdr->nro_size - size : 0;
	case NETMAP_REQ_OPT_CSB:
		return sizeof(struct nmreq_opt_csb) - size;
	case NETMAP_REQ_OPT_SYNC_KLOOP_MODE:
		return sizeof(struct nmreq_opt_sync_kloop_mode) - size;
	case NETMAP_REQ_OPT_OFFSETS:
		return sizeof(struct nmreq_opt_offsets) - size;
	}
	return 0;
}

static struct nm_option *nm_option_find(struct nm_request *req, u32 type)
{
	struct nm_option *opt;

	list_for_each_entry(opt, &req->options, list)
		if (opt->hdr.nro_reqtype == type)
			return opt;
	return NULL;
}

/**
 * nm_request_option() - an option of a request
 * @req: the request
 * @type: NETMAP_REQ_OPT_*
 *
 * Return: the kernel's copy, with header, or NULL
 */
void *nm_request_option(struct nm_request *req, u32 type)
{
	struct nm_option *opt = nm_option_find(req, type);

	return opt ? &opt->hdr : NULL;
}

/* Sets the status of an option that the request understood. errno <= 0. */
void nm_request_option_done(struct nm_request *req, u32 type, int error)
{
	struct nm_option *opt = nm_option_find(req, type);

	if (opt)
		opt->hdr.nro_status = -error;
}

/* True if nobody has understood one of the options. */
bool nm_request_options_left(struct nm_request *req)
{
	struct nm_option *opt;

	list_for_each_entry(opt, &req->options, list)
		if (opt->hdr.nro_status == EOPNOTSUPP)
			return true;
	return false;
}

/*
 * Copies one option. *next is its address on entry, that of its successor on
 * success.
 */
static int nm_option_copy_in(struct nm_request *req, u64 *next)
{
	struct nmreq_option __user *user = u64_to_user_ptr(*next);
	struct nm_option *opt, *twin = NULL;
	struct nmreq_option hdr;
	size_t size = 0;

	if (req->room < NM_REQ_ROOM_OPTION)
		return -E2BIG; /* the caller tells it from EMSGSIZE below */
	if (copy_from_user(&hdr, user, sizeof(hdr)))
		return -EFAULT;
	hdr.nro_status = 0;
	req->room -= NM_REQ_ROOM_OPTION;
	req->total += sizeof(hdr);
	if (hdr.nro_reqtype && nm_option_known(hdr.nro_reqtype)) {
		twin = nm_option_find(req, hdr.nro_reqtype);
		size = nm_option_body_size(&hdr);
	}
	/* an announced size is only allocated once it is known to be small */
	opt = kzalloc(sizeof(*opt) + (size > NETMAP_REQ_MAXSIZE ? 0 : size),
		      GFP_KERNEL);
	if (!opt)
		return -ENOMEM;
	opt->user = user;
	opt->hdr = hdr;
	list_add_tail(&opt->list, &req->options);
	if (!hdr.nro_reqtype || twin) {
		opt->hdr.nro_status = EINVAL;
		if (twin)
			twin->hdr.nro_status = EINVAL;
		return -EINVAL;
	}
	if (nm_option_known(hdr.nro_reqtype)) {
		if (size > NETMAP_REQ_MAXSIZE ||
		    hdr.nro_size > NETMAP_REQ_MAXSIZE ||
		    req->total + size > NETMAP_REQ_MAXSIZE || size > req->room)
			return -EMSGSIZE;
		req->total += size;
		req->room -= size;
		if (copy_from_user(&opt->hdr + 1, user + 1, size))
			return -EFAULT;
		opt->body_size = size;
	}
	*next = hdr.nro_next;
	return 0;
}

static void nm_request_free(struct nm_request *req)
{
	struct nm_option *opt, *tmp;

	list_for_each_entry_safe(opt, tmp, &req->options, list)
		kfree(opt);
	INIT_LIST_HEAD(&req->options);
	kfree(req->body);
}

static int nm_request_copy_options(struct nm_request *req)
{
	struct nm_option *opt, *tmp;
	u64 next = req->hdr.nr_options;
	int error;

	while (next) {
		error = nm_option_copy_in(req, &next);
		if (error == -E2BIG) {
			/* perhaps a cycle: then no status goes back at all */
			list_for_each_entry_safe(opt, tmp, &req->options, list)
				kfree(opt);
			INIT_LIST_HEAD(&req->options);
			return -EMSGSIZE;
		}
		if (error)
			return error;
	}
	/* until a command says that it understands them */
	list_for_each_entry(opt, &req->options, list)
		opt->hdr.nro_status = EOPNOTSUPP;
	return 0;
}

static int nm_request_copy_in(struct nm_request *req)
{
	const struct nmreq_header *hdr = &req->hdr;

	if (hdr->nr_version < NETMAP_MIN_API || hdr->nr_version > NETMAP_MAX_API) {
		nm_prlim(2, "API version %u asked for, this is %u",
			 hdr->nr_version, NETMAP_API);
		return -EINVAL;
	}
	if (hdr->nr_reserved)
		return -EINVAL;
	req->body_size = nm_request_body_size(hdr->nr_reqtype);
	if (!req->body_size != !hdr->nr_body)
		return -EINVAL;
	if (req->body_size) {
		req->body = memdup_user(u64_to_user_ptr(hdr->nr_body),
					req->body_size);
		if (IS_ERR(req->body)) {
			int error = PTR_ERR(req->body);

			req->body = NULL;
			return error;
		}
	}
	req->total = req->body_size;
	req->room = NM_REQ_ROOM - NM_REQ_ROOM_FIXED - req->body_size;
	return nm_request_copy_options(req);
}

/* Results go back: the body on success, option headers always. */
static int nm_request_copy_out(struct nm_request *req, int error)
{
	struct nm_option *opt;

	if (!error && req->body_size &&
	    copy_to_user(u64_to_user_ptr(req->hdr.nr_body), req->body,
			 req->body_size))
		error = -EFAULT;
	list_for_each_entry(opt, &req->options, list) {
		size_t size = sizeof(opt->hdr);

		if (!error && !opt->hdr.nro_status)
			size += opt->body_size;
		if (copy_to_user(opt->user, &opt->hdr, size))
			error = -EFAULT;
	}
	return error;
}

static int nm_request_dispatch(struct netmap_priv_d *priv, struct nm_request *req)
{
	switch (req->hdr.nr_reqtype) {
	case NETMAP_REQ_REGISTER:
		return nm_port_register(priv, req);
	case NETMAP_REQ_PORT_INFO_GET:
		return nm_port_info(req);
	case NETMAP_REQ_POOLS_INFO_GET:
		return nm_port_pools_info(req);
	case NETMAP_REQ_VALE_LIST:
		return nm_vale_list(req);
	case NETMAP_REQ_PORT_HDR_SET:
		return nm_vale_hdr_set(req);
	case NETMAP_REQ_PORT_HDR_GET:
		return nm_vale_hdr_get(req);
	case NETMAP_REQ_VALE_ATTACH:
		return nm_vale_attach(req);
	case NETMAP_REQ_VALE_DETACH:
		return nm_vale_detach(req);
	case NETMAP_REQ_VALE_NEWIF:
		return nm_vale_newif(req);
	case NETMAP_REQ_VALE_DELIF:
		return nm_vale_delif(req);
	case NETMAP_REQ_VALE_POLLING_ENABLE:
		return nm_vale_polling(req, true);
	case NETMAP_REQ_VALE_POLLING_DISABLE:
		return nm_vale_polling(req, false);
	case NETMAP_REQ_CSB_ENABLE:
		return nm_csb_enable(priv, req);
	}
	return -EINVAL;
}

/* Memory of the program is touched before the lock: its pages may take any time. */
static void nm_request_prepare(struct nm_request *req)
{
	struct nmreq_opt_extmem *ext = nm_request_option(req, NETMAP_REQ_OPT_EXTMEM);

	if (ext && NM_HAS_EXTMEM && req->hdr.nr_reqtype == NETMAP_REQ_REGISTER)
		req->ext_error = nm_pins_get(&req->ext, ext->nro_usrptr,
					     ext->nro_info.nr_memsize);
}

/**
 * nm_ctrl_run() - carry out a request that is in the kernel
 * @priv: the descriptor, bound or not
 * @req: header, body of the right size, options
 *
 * Return: 0 or a negative errno, -EINTR if the program is killed
 */
int nm_ctrl_run(struct netmap_priv_d *priv, struct nm_request *req)
{
	int error;

	req->hdr.nr_name[sizeof(req->hdr.nr_name) - 1] = '\0';
	/* those that last */
	if (req->hdr.nr_reqtype == NETMAP_REQ_SYNC_KLOOP_START)
		return nm_kloop_start(priv, req);
	if (req->hdr.nr_reqtype == NETMAP_REQ_SYNC_KLOOP_STOP)
		return nm_kloop_stop(priv);
	nm_request_prepare(req);
	error = nm_lock_killable();
	if (!error) {
		error = nm_request_dispatch(priv, req);
		nm_unlock();
	}
	nm_pins_put(&req->ext);
	return error;
}

/**
 * nm_ctrl_ioctl() - NIOCCTRL
 * @priv: the descriptor, bound or not
 * @arg: struct nmreq_header of the user
 *
 * The header goes back even when the request fails; nothing of it changes
 * but the terminated name.
 *
 * Return: 0 or a negative errno
 */
long nm_ctrl_ioctl(struct netmap_priv_d *priv, void __user *arg)
{
	struct nm_request req = {};
	int error;

	if (!arg)
		return -EINVAL;
	if (copy_from_user(&req.hdr, arg, sizeof(req.hdr)))
		return -EFAULT;
	INIT_LIST_HEAD(&req.options);
	error = nm_request_copy_in(&req);
	if (!error)
		error = nm_ctrl_run(priv, &req);
	error = nm_request_copy_out(&req, error);
	if (copy_to_user(arg, &req.hdr, sizeof(req.hdr)))
		error = -EFAULT;
	nm_request_free(&req);
	return error;
}
