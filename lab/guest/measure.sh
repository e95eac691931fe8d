# SPDX-License-Identifier: BSD-2-Clause
# Measuring what traffic costs a guest.

# Ticks (1/100 s) that all CPUs spent on anything but idling: fields user nice system irq softirq.
busy_ticks()
{
	awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat
}

nic_interrupts()
{
	awk '/eth[01]$/ { for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }' /proc/interrupts
}
