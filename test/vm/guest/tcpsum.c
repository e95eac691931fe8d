// SPDX-License-Identifier: BSD-2-Clause
/*
 * tcpsum: TCP in both directions, every byte of which is known in advance.
 *
 *   tcpsum serve ADDRESS PORT        one connection after the other; prints "ready" when it listens
 *   tcpsum talk ADDRESS PORT BYTES   sends BYTES, gets as many others back
 *
 * Exit status of talk: 0 if both ends saw exactly what the other one sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CHUNK 65536

/* Bytes at from of the stream of that seed: no two places of 256 KiB look alike. */
static void fill(unsigned char *buf, size_t len, uint64_t from, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t at = from + i;

		buf[i] = (uint32_t)((at >> 2) * 2654435761u + seed) >> (8 * (at & 3));
	}
}

static int send_stream(int fd, uint64_t bytes, uint32_t seed)
{
	static unsigned char buf[CHUNK];

	for (uint64_t done = 0; done < bytes;) {
		size_t want = bytes - done < CHUNK ? bytes - done : CHUNK;
		ssize_t n;

		fill(buf, want, done, seed);
		n = send(fd, buf, want, MSG_NOSIGNAL);
		if (n <= 0)
			return perror("send"), -1;
		done += n;
	}
	return 0;
}

static int receive_stream(int fd, uint64_t bytes, uint32_t seed)
{
	static unsigned char buf[CHUNK], expected[CHUNK];

	for (uint64_t done = 0; done < bytes;) {
		ssize_t n = recv(fd, buf, bytes - done < CHUNK ? bytes - done : CHUNK, 0);

		if (n <= 0)
			return fprintf(stderr, "ended after %llu of %llu bytes\n", (unsigned long long)done,
				       (unsigned long long)bytes), -1;
		fill(expected, n, done, seed);
		if (memcmp(buf, expected, n))
			return fprintf(stderr, "wrong bytes after %llu\n", (unsigned long long)done), -1;
		done += n;
	}
	return 0;
}

static void patience(int fd)
{
	struct timeval limit = { .tv_sec = 60 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int serve(struct sockaddr_in *address)
{
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (void *)address, sizeof(*address)) || listen(listener, 4))
		return perror("listen"), 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		uint64_t bytes;

		if (fd < 0)
			return perror("accept"), 1;
		patience(fd);
		/* talk hears the verdict as the length of what comes back */
		if (recv(fd, &bytes, 8, MSG_WAITALL) == 8 && !receive_stream(fd, bytes, 1))
			send_stream(fd, bytes, 2);
		close(fd);
	}
}

static int talk(struct sockaddr_in *address, uint64_t bytes)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	patience(fd);
	if (connect(fd, (void *)address, sizeof(*address)))
		return perror("connect"), 1;
	if (send(fd, &bytes, 8, 0) != 8 || send_stream(fd, bytes, 1) || receive_stream(fd, bytes, 2))
		return 1;
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (argc < 4 || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1)
		return fprintf(stderr, "usage: tcpsum serve|talk ADDRESS PORT [BYTES]\n"), 2;
	address.sin_port = htons(atoi(argv[3]));
	return argc > 4 ? talk(&address, strtoull(argv[4], NULL, 0)) : serve(&address);
}
