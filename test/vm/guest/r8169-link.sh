# SPDX-License-Identifier: BSD-2-Clause
# A program that sends while the NIC has no link sleeps until there is one; nothing else happens on the NIC meanwhile.
. /r8169.sh
load_native
links_up

asleep()
{
	grep -q '^State:.S' "/proc/$TX/status"
}

for _round in 1 2 3; do
	nic_cable "$A" 0
	must "round $_round: no link" wait_until 90 no_carrier eth0
	nmcheck -i eth0 -f tx -n 2000 -w 120000 > /tmp/tx.json &
	TX=$!
	must "round $_round: a sender opens the port" wait_until 60 maps_netmap $TX
	usleep 2000000
	must "round $_round: it sleeps" wait_until 60 asleep
	SENT=$(received "$B")
	nic_cable "$A" 1
	must "round $_round: the link is back" wait_until 90 carrier eth0
	_start=$(cut -d. -f1 /proc/uptime)
	wait $TX
	equal "round $_round: all is sent" 0 $?
	check "round $_round: soon" test $(($(cut -d. -f1 /proc/uptime) - _start)) -le 20
	check "round $_round: the other NIC saw frames" test "$(received "$B")" -gt "$SENT"
done
