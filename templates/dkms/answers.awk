# SPDX-License-Identifier: BSD-2-Clause
# Reads the compiler's messages about the questions (first file) and prints the defines for the questions of the second:
# id, macro, value, "else" and the value to define when the answer is no. A question with an error of its own is answered
# no; an error of none means that the headers do not compile, and no answer can be trusted.

function mark(line) {
	if (!match(line, /(^|[ \t\/])probe\.[A-Za-z0-9_]+:[0-9]/)) return ""
	line = substr(line, RSTART, RLENGTH)
	sub(/^.*probe\./, "", line)
	sub(/:.*$/, "", line)
	return line
}

function finish(  id, i) {
	if (error == "") return
	id = mark(error)
	for (i = 1; i <= lines && id == ""; i++) id = mark(block[i])
	if (id != "") no[id] = 1
	else if (error !~ /\[-Werror[,=]/) {
		confused = 1
		print "netmap: the kernel's own headers do not compile: " error > "/dev/stderr"
	}
}

NR == FNR && /: (fatal )?error: / {
	finish()
	for (lines = 0; lines < leading; lines++) block[lines + 1] = before[lines + 1]
	block[++lines] = error = $0
	leading = 0
	next
}
NR == FNR && /: In function|^In file included from|^                 from|: At top level|: warning: / {
	before[++leading] = $0
	next
}
NR == FNR {
	block[++lines] = $0
	next
}
!ended {
	finish()
	ended = 1
	if (!("SENTINEL" in no)) confused = 1
	if (confused) exit 1
}
!($1 in no) { print "#define NETMAP_LINUX_" $2 " " $3 }
($1 in no) && $4 == "else" { print "#define NETMAP_LINUX_" $2 " " $5 }
