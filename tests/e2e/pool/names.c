/* Stands in for the system's host names: the file that NAMES names has lines
 * `NAME ADDRESS`; there are no other names. One that begins with `slow` takes a second. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int lookup_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
	lookup_fn *real = (lookup_fn *)dlsym(RTLD_NEXT, "getaddrinfo");
	if (strncmp(node, "slow", 4) == 0) sleep(1);
	FILE *names = fopen(getenv("NAMES"), "r");
	char name[100], address[100];
	int result = EAI_NONAME;
	while (names && fscanf(names, "%99s %99s", name, address) == 2) {
		if (strcmp(name, node) != 0) continue;
		result = real(address, service, hints, found);
		break;
	}
	if (names) fclose(names);
	return result;
}
