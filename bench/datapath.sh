# SPDX-License-Identifier: BSD-2-Clause
# Rates of the software ports, 60-byte frames. rates.sh comes before this.

must "netmap.ko loads" insmod /netmap.ko
case_of sink - netmap:nmsink0 -b 512
case_of vale-512 vale0:r vale0:s -b 512
case_of vale-32 vale0:r vale0:s -b 32
case_of vale-alone - vale0:s -b 512
case_of vale-copy vale0:r vale0:s -b 512 -o 4
case_of vale-1500 vale0:r vale0:s -b 512 -l 1500
case_of vale-4-senders vale0:r vale0:a,vale0:b,vale0:c,vale0:d -b 512
case_of vale-flood vale0:r,vale0:u,vale0:v vale0:s -b 512 -D ff:ff:ff:ff:ff:ff
case_of pipe-511 'netmap:ghost}1' 'netmap:ghost{1' -b 511
case_of pipe-32 'netmap:ghost}1' 'netmap:ghost{1' -b 32
case_of pipe-monitor-copy 'netmap:ghost}1,netmap:ghost}1/r' 'netmap:ghost{1' -b 511
case_of pipe-monitor-zcopy 'netmap:ghost}1,netmap:ghost}1/z' 'netmap:ghost{1' -b 511
check "netmap.ko unloads" rmmod netmap
