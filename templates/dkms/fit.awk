# SPDX-License-Identifier: BSD-2-Clause
# awk -v above=FOLDER -f fit.awk PATCH: does it apply to the files below FOLDER exactly? Every context line must be equal,
# and a hunk that moved must match in exactly one place. Ends with 0 when it does, else with 1 and the first obstacle.

function refuse(why) {
	print file ": " why
	failed = 1
	exit 1
}

function check(  at, i, count, place) {
	if (!open) return
	open = 0
	count = place = 0
	for (at = floor; at + wanted - 1 <= size; at++) {
		for (i = 1; i <= wanted && src[at + i - 1] == old[i]; i++) ;
		if (i <= wanted) continue
		count++
		place = at
		if (drift == 0 && at == declared) {
			count = 1
			break
		}
	}
	if (count != 1) refuse("hunk at line " declared " stands in " count " places")
	drift = place - declared
	floor = place + wanted
}

left > 0 && /^[ -]/ { old[++wanted] = substr($0, 2); left--; next }
left > 0 && $0 == "" { old[++wanted] = ""; left--; next }
/^\+\+\+ / {
	check()
	file = $2
	sub(/^[^\/]*\//, "", file)
	if (file ~ /(^|\/)\.\.(\/|$)/ || file ~ /^\//) refuse("leads out of the driver folder")
	size = 0
	while ((state = (getline line < (above "/" file))) > 0) src[++size] = line
	close(above "/" file)
	if (state < 0) refuse("there is no such file")
	floor = 1
	drift = 0
	next
}
/^@@ / {
	check()
	split(substr($2, 2), range, ",")
	declared = range[1]
	left = range[2] == "" ? 1 : range[2]
	wanted = 0
	open = hunks = 1
	next
}
END {
	if (!failed) check()
	if (!failed && !hunks) {
		print "it has no hunk"
		exit 1
	}
}
