#include "base/wipe.h"

#include <string.h>

#include "prio/keys.h"

void wipe(void *p, size_t n)
{
	/* The barrier tells the compiler that somebody reads the memory afterwards, so the store cannot be dropped. */
	if (n > 0)
		memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}

void prio_wipe(void *p, size_t n)
{
	wipe(p, n);
}
