// SPDX-License-Identifier: BSD-2-Clause
/* Addresses of the generated frames: MAC addresses and ranges of IP addresses and UDP ports. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "pkt-gen.h"

#define DEFAULT_PORT 1234
#define GROUPS 8

int
mac_parse(const char *text, uint8_t mac[6])
{
	unsigned int byte[6];
	int i, end = -1;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3],
		   &byte[4], &byte[5], &end) != 6 ||
	    end < 0 || text[end] || strspn(text, "0123456789abcdefABCDEF:") != (size_t)end)
		return -1;
	for (i = 0; i < 6; i++)
		mac[i] = (uint8_t)byte[i];
	return 0;
}

/* A port in C syntax (1234, 0x4d2), 0..65535. */
static int
port_parse(const char *text, uint16_t *port)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || *end || value > UINT16_MAX)
		return -1;
	*port = (uint16_t)value;
	return 0;
}

/* "addr[:port]"; the text is cut in place. */
static int
endpoint4_parse(char *text, struct endpoint *endpoint)
{
	char *colon = strchr(text, ':');

	if (colon)
		*colon++ = '\0';
	if (inet_pton(AF_INET, text, endpoint->v4) != 1)
		return -1;
	return colon ? port_parse(colon, &endpoint->port) : 0;
}

/* "[group@]addr", "[group@][addr]", "[group@][addr]:port" (brackets literal). */
static int
endpoint6_parse(char *text, struct endpoint *endpoint, int *group)
{
	char *at = strchr(text, '@'), *close, *port = NULL;

	if (at) {
		*at = '\0';
		if (strspn(text, "0123456789") != strlen(text) || !*text)
			return -1;
		*group = strlen(text) > 1 || *text >= '0' + GROUPS ? GROUPS - 1 : *text - '0';
		text = at + 1;
	}
	if (*text == '[') {
		close = strchr(++text, ']');
		if (!close)
			return -1;
		*close++ = '\0';
		if (*close == ':')
			port = close + 1;
		else if (*close)
			return -1;
	}
	if (inet_pton(AF_INET6, text, endpoint->v6) != 1)
		return -1;
	return port ? port_parse(port, &endpoint->port) : 0;
}

static int
endpoint_parse(char *text, struct range *range, struct endpoint *endpoint, int family)
{
	return family == AF_INET ? endpoint4_parse(text, endpoint) :
				   endpoint6_parse(text, endpoint, &range->group);
}

static void
swap_bytes(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t t[16];

	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

int
range_parse(struct range *range, int family)
{
	size_t size = family == AF_INET ? 4 : 16;
	char text[256], *dash;

	if (strlen(range->text) >= sizeof(text))
		return -1;
	strcpy(text, range->text);
	dash = strchr(text, '-');
	if (dash)
		*dash++ = '\0';
	range->group = GROUPS - 1;
	range->low.port = DEFAULT_PORT;
	if (endpoint_parse(text, range, &range->low, family) < 0)
		return -1;
	range->high = range->low;
	/* an empty second part means the same address */
	if (dash && *dash && endpoint_parse(dash, range, &range->high, family) < 0)
		return -1;
	if (family == AF_INET6) {
		/* only the chosen word varies: the rest comes from the first address */
		uint8_t word[2];

		memcpy(word, &range->high.v6[2 * range->group], 2);
		memcpy(range->high.v6, range->low.v6, 16);
		memcpy(&range->high.v6[2 * range->group], word, 2);
	}
	if (memcmp(range->low.v6, range->high.v6, size) > 0)
		swap_bytes(range->low.v6, range->high.v6, size);
	if (range->low.port > range->high.port) {
		uint16_t port = range->low.port;

		range->low.port = range->high.port;
		range->high.port = port;
	}
	return 0;
}

void
extract_ip_range(struct range *range, int family)
{
	char low[INET6_ADDRSTRLEN], high[INET6_ADDRSTRLEN];

	inet_ntop(family, range->low.v6, low, sizeof(low));
	inet_ntop(family, range->high.v6, high, sizeof(high));
	if (family == AF_INET)
		D("range is %s:%d to %s:%d", low, range->low.port, high, range->high.port);
	else
		D("range is %d@[%s]:%d to %d@[%s]:%d", range->group, low, range->low.port,
		  range->group, high, range->high.port);
}
