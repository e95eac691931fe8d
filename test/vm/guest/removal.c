/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces that go or change while ports on them come and go.
 *
 *   removal stacked            VALE_DELIF of vi0 below mv0, which a program has open
 *   removal events IF SECONDS  netdev events of IF beside requests that make its emulated adapter and drop it again
 */
#include "nmtest.h"
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define SIOCSIFTXQLEN_ 0x8943

static int stacked(void)
{
	struct nt_port a = { 0 };
	uint64_t end;
	pid_t pid;

	nt_errno_is("a program opens mv0", 0, nt_port_open(&a, "mv0", NULL));
	pid = fork();
	if (!pid)
		_exit(nt_ctrl(nt_open(), NETMAP_REQ_VALE_DELIF, "vi0", NULL, NULL));
	for (end = nt_now_ms() + NT_PATIENCE_MS; nt_now_ms() < end && waitpid(pid, NULL, WNOHANG) != pid;)
		usleep(10000);
	nt_result(nt_now_ms() < end, "the port below it can be deleted");
	nt_result(!if_nametoindex("vi0") && !if_nametoindex("mv0"), "both interfaces are gone when the request returns");
	nt_errno_is("the program learns that its port is gone", EIO, ioctl(a.fd, NIOCRXSYNC) ? errno : 0);
	nt_port_close(&a);
	return nt_failed;
}

static void send_events(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq req = { 0 };

	strncpy(req.ifr_name, name, IFNAMSIZ - 1);
	for (unsigned int n = 0;; n++) {
		req.ifr_qlen = 1000 + n % 2;
		if (ioctl(fd, SIOCSIFTXQLEN_, &req))
			_exit(1);
	}
}

static void ask(const char *name, volatile unsigned long *count, volatile unsigned long *failed)
{
	struct nmreq_port_info_get info = { 0 };
	int fd = nt_open();

	for (;; (*count)++)
		if (nt_ctrl(fd, NETMAP_REQ_PORT_INFO_GET, name, &info, NULL))
			(*failed)++;
}

static int events(const char *name, unsigned int seconds)
{
	volatile unsigned long *count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[5];
	int i;

	for (i = 0; i < 5; i++) {
		pid[i] = fork();
		if (!pid[i] && i < 2)
			send_events(name);
		if (!pid[i])
			ask(name, count, count + 1);
	}
	sleep(seconds);
	for (i = 0; i < 5; i++)
		kill(pid[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	printf("%lu requests\n", count[0]);
	nt_result(count[0] > 100, "requests beside the events of the interface");
	nt_equal("requests that failed", 0, count[1]);
	return nt_failed;
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "events"))
		return events(argv[2], atoi(argv[3]));
	return stacked();
}
