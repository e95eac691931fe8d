// SPDX-License-Identifier: BSD-2-Clause
/*
 * The binary interface of API 14 on 64-bit Linux, checked when the library is built: a header that
 * lays these out differently cannot talk to any netmap.ko.
 */
#define LIBNETMAP_NOTHREADSAFE
#include <stddef.h>
#include "libnetmap.h"

#define SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), "size of struct " #type)
#define AT(type, field, offset)                                  \
	_Static_assert(offsetof(struct type, field) == (offset), \
		       "offset of " #field " in struct " #type)

SIZE(netmap_slot, 16);
AT(netmap_slot, buf_idx, 0);
AT(netmap_slot, len, 4);
AT(netmap_slot, flags, 6);
AT(netmap_slot, ptr, 8);

SIZE(netmap_ring, 256);
AT(netmap_ring, buf_ofs, 0);
AT(netmap_ring, num_slots, 8);
AT(netmap_ring, nr_buf_size, 12);
AT(netmap_ring, ringid, 16);
AT(netmap_ring, dir, 18);
AT(netmap_ring, head, 20);
AT(netmap_ring, cur, 24);
AT(netmap_ring, tail, 28);
AT(netmap_ring, flags, 32);
AT(netmap_ring, ts, 40);
AT(netmap_ring, offset_mask, 56);
AT(netmap_ring, buf_align, 64);
AT(netmap_ring, sem, 128);
AT(netmap_ring, slot, 256);

SIZE(netmap_if, 56);
AT(netmap_if, ni_name, 0);
AT(netmap_if, ni_version, 16);
AT(netmap_if, ni_flags, 20);
AT(netmap_if, ni_tx_rings, 24);
AT(netmap_if, ni_rx_rings, 28);
AT(netmap_if, ni_bufs_head, 32);
AT(netmap_if, ni_host_tx_rings, 36);
AT(netmap_if, ni_host_rx_rings, 40);
AT(netmap_if, ni_spare1, 44);
AT(netmap_if, ring_ofs, 56);

SIZE(nmreq_header, 88);
AT(nmreq_header, nr_version, 0);
AT(nmreq_header, nr_reqtype, 2);
AT(nmreq_header, nr_reserved, 4);
AT(nmreq_header, nr_name, 8);
AT(nmreq_header, nr_options, 72);
AT(nmreq_header, nr_body, 80);

SIZE(nmreq_option, 24);
AT(nmreq_option, nro_next, 0);
AT(nmreq_option, nro_reqtype, 8);
AT(nmreq_option, nro_status, 12);
AT(nmreq_option, nro_size, 16);

SIZE(nmreq_register, 56);
AT(nmreq_register, nr_offset, 0);
AT(nmreq_register, nr_memsize, 8);
AT(nmreq_register, nr_tx_slots, 16);
AT(nmreq_register, nr_rx_slots, 20);
AT(nmreq_register, nr_tx_rings, 24);
AT(nmreq_register, nr_rx_rings, 26);
AT(nmreq_register, nr_host_tx_rings, 28);
AT(nmreq_register, nr_host_rx_rings, 30);
AT(nmreq_register, nr_mem_id, 32);
AT(nmreq_register, nr_ringid, 34);
AT(nmreq_register, nr_mode, 36);
AT(nmreq_register, nr_extra_bufs, 40);
AT(nmreq_register, nr_flags, 48);

SIZE(nmreq_port_info_get, 32);
AT(nmreq_port_info_get, nr_memsize, 0);
AT(nmreq_port_info_get, nr_tx_slots, 8);
AT(nmreq_port_info_get, nr_rx_slots, 12);
AT(nmreq_port_info_get, nr_tx_rings, 16);
AT(nmreq_port_info_get, nr_rx_rings, 18);
AT(nmreq_port_info_get, nr_host_tx_rings, 20);
AT(nmreq_port_info_get, nr_host_rx_rings, 22);
AT(nmreq_port_info_get, nr_mem_id, 24);

SIZE(nmreq_vale_attach, 64);
AT(nmreq_vale_attach, reg, 0);
AT(nmreq_vale_attach, port_index, 56);

SIZE(nmreq_vale_detach, 8);
AT(nmreq_vale_detach, port_index, 0);

SIZE(nmreq_vale_list, 8);
AT(nmreq_vale_list, nr_bridge_idx, 0);
AT(nmreq_vale_list, nr_port_idx, 4);

SIZE(nmreq_port_hdr, 8);
AT(nmreq_port_hdr, nr_hdr_len, 0);

SIZE(nmreq_vale_newif, 16);
AT(nmreq_vale_newif, nr_tx_slots, 0);
AT(nmreq_vale_newif, nr_rx_slots, 4);
AT(nmreq_vale_newif, nr_tx_rings, 8);
AT(nmreq_vale_newif, nr_rx_rings, 10);
AT(nmreq_vale_newif, nr_mem_id, 12);

SIZE(nmreq_vale_polling, 16);
AT(nmreq_vale_polling, nr_mode, 0);
AT(nmreq_vale_polling, nr_first_cpu_id, 4);
AT(nmreq_vale_polling, nr_num_polling_cpus, 8);

SIZE(nmreq_pools_info, 64);
AT(nmreq_pools_info, nr_memsize, 0);
AT(nmreq_pools_info, nr_mem_id, 8);
AT(nmreq_pools_info, nr_if_pool_offset, 16);
AT(nmreq_pools_info, nr_if_pool_objtotal, 24);
AT(nmreq_pools_info, nr_if_pool_objsize, 28);
AT(nmreq_pools_info, nr_ring_pool_offset, 32);
AT(nmreq_pools_info, nr_ring_pool_objtotal, 40);
AT(nmreq_pools_info, nr_ring_pool_objsize, 44);
AT(nmreq_pools_info, nr_buf_pool_offset, 48);
AT(nmreq_pools_info, nr_buf_pool_objtotal, 56);
AT(nmreq_pools_info, nr_buf_pool_objsize, 60);

SIZE(nmreq_sync_kloop_start, 8);
AT(nmreq_sync_kloop_start, sleep_us, 0);

SIZE(nmreq_opt_extmem, 96);
AT(nmreq_opt_extmem, nro_opt, 0);
AT(nmreq_opt_extmem, nro_usrptr, 24);
AT(nmreq_opt_extmem, nro_info, 32);

SIZE(nmreq_opt_sync_kloop_eventfds, 24);
AT(nmreq_opt_sync_kloop_eventfds, nro_opt, 0);
AT(nmreq_opt_sync_kloop_eventfds, eventfds, 24);

SIZE(nmreq_opt_csb, 40);
AT(nmreq_opt_csb, nro_opt, 0);
AT(nmreq_opt_csb, csb_atok, 24);
AT(nmreq_opt_csb, csb_ktoa, 32);

SIZE(nmreq_opt_sync_kloop_mode, 32);
AT(nmreq_opt_sync_kloop_mode, nro_opt, 0);
AT(nmreq_opt_sync_kloop_mode, mode, 24);

SIZE(nmreq_opt_offsets, 56);
AT(nmreq_opt_offsets, nro_opt, 0);
AT(nmreq_opt_offsets, nro_max_offset, 24);
AT(nmreq_opt_offsets, nro_initial_offset, 32);
AT(nmreq_opt_offsets, nro_offset_bits, 40);
AT(nmreq_opt_offsets, nro_tx_align, 44);
AT(nmreq_opt_offsets, nro_min_gap, 48);

SIZE(nm_csb_atok, 64);
AT(nm_csb_atok, head, 0);
AT(nm_csb_atok, cur, 4);
AT(nm_csb_atok, appl_need_kick, 8);
AT(nm_csb_atok, sync_flags, 12);

SIZE(nm_csb_ktoa, 64);
AT(nm_csb_ktoa, hwcur, 0);
AT(nm_csb_ktoa, hwtail, 4);
AT(nm_csb_ktoa, kern_need_kick, 8);

SIZE(nmreq, 60);
AT(nmreq, nr_name, 0);
AT(nmreq, nr_version, 16);
AT(nmreq, nr_offset, 20);
AT(nmreq, nr_memsize, 24);
AT(nmreq, nr_tx_slots, 28);
AT(nmreq, nr_rx_slots, 32);
AT(nmreq, nr_tx_rings, 36);
AT(nmreq, nr_rx_rings, 38);
AT(nmreq, nr_ringid, 40);
AT(nmreq, nr_cmd, 42);
AT(nmreq, nr_arg1, 44);
AT(nmreq, nr_arg2, 46);
AT(nmreq, nr_arg3, 48);
AT(nmreq, nr_flags, 52);
AT(nmreq, spare2, 56);

SIZE(nm_ifreq, 272);
AT(nm_ifreq, nifr_name, 0);
AT(nm_ifreq, data, 16);

_Static_assert(NIOCGINFO == 0xc03c6991u, "NIOCGINFO");
_Static_assert(NIOCREGIF == 0xc03c6992u, "NIOCREGIF");
_Static_assert(NIOCTXSYNC == 0x00006994u, "NIOCTXSYNC");
_Static_assert(NIOCRXSYNC == 0x00006995u, "NIOCRXSYNC");
_Static_assert(NIOCCONFIG == 0xc1106996u, "NIOCCONFIG");
_Static_assert(NIOCCTRL == 0xc0586997u, "NIOCCTRL");
