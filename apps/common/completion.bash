# SPDX-License-Identifier: BSD-2-Clause
# bash completion of the netmap applications; installed once for each, under its name.

_netmap_ports()
{
	local interface
	for interface in /sys/class/net/*; do
		[ -e "$interface" ] && printf 'netmap:%s\n' "${interface##*/}"
	done
	printf 'vale0:\n'
}

_netmap_app()
{
	local program=${1##*/} cur=$2 prev=$3 options values
	# ":" splits words in bash: the port begins one word earlier
	if declare -F _get_comp_words_by_ref >/dev/null; then
		_get_comp_words_by_ref -n : cur prev 2>/dev/null
	fi
	case $program in
	pkt-gen | pkt-gen-b)
		options='-i -f -n -l -b -4 -6 -d -s -D -S -a -c -p -T -w -W -R -X -H -P -z -Z -N -F -M -I -r -A -B -C -o -v -h --json --report --help'
		[ "$prev" = -f ] && values='tx rx ping pong txseq rxseq'
		[ "$prev" = -H ] && values='0 10 12'
		;;
	bridge | bridge-b) options='-i -b -w -c -L -v -h --json' ;;
	vale-ctl) options='-a -h -d -n -r -g -l -p -P -C -m -v --json' ;;
	lb) options='-i -p -B -b -w -W -o -s -h --json' ;;
	nmreplay)
		options='-f -i -B -D -L -b -C -w -v --json'
		[ "$prev" = -B ] && values='const, ether, real'
		[ "$prev" = -D ] && values='const, uniform, exp,'
		[ "$prev" = -L ] && values='plr, ber,'
		;;
	tlem)
		options='-i -B -D -L -R -Q -O -P -d -M -s -a -r -G -C -b -w -H -c -v -q --json'
		[ "$prev" = -B ] && values='const, ether, avg,'
		[ "$prev" = -D ] && values='const, uniform, exp, inter-packet,'
		[ "$prev" = -L ] && values='plr, ber,'
		;;
	dedup) options='-i -W -F -H -c -w -v -h --json' ;;
	esac
	case $program$prev in
	pkt-gen-P | pkt-gen-b-P | nmreplay-f | tlem-s)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	[ "$prev" = -i ] && values=$(_netmap_ports)
	[ -z "$values" ] && values=$options
	mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur")
	declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
}

complete -o default -F _netmap_app pkt-gen pkt-gen-b bridge bridge-b vale-ctl lb nmreplay tlem dedup
