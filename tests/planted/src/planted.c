/* Errors in C. Each result is used, so that no compiler leaves one out. */
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

int planted_overflow(size_t past);
int planted_undefined(int one);

int planted_overflow(size_t past) {
	volatile char *block = malloc(16);
	if (!block) abort();
	block[15 + past] = 1;
	int found = block[15];
	free((void *)block);
	return found;
}

int planted_undefined(int one) {
	volatile int most = INT_MAX;
	return most + one;
}
