# SPDX-License-Identifier: BSD-2-Clause
# Wake-ups inside of wake-ups: two processors wait for each other if there are any.
must "load netmap" insmod /netmap.ko
run nesting "$SECONDS_EACH"
check "unload netmap" rmmod netmap
