#include "base/secret_alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/wipe.h"

/* Address sanitizer watches what malloc gives, and not pages that a program maps itself. */
#if defined(__SANITIZE_ADDRESS__)
#define FROM_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FROM_MALLOC 1
#endif
#endif

#ifdef FROM_MALLOC

enum { ALIGNMENT = 64 };

void *secret_alloc(size_t n_bytes)
{
	size_t room = (n_bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
	void *p = room < n_bytes ? NULL : aligned_alloc(ALIGNMENT, room);

	if (p != NULL)
		memset(p, 0, room);
	return p;
}

void secret_free(void *p, size_t n_bytes)
{
	if (p != NULL)
		wipe(p, n_bytes);
	free(p);
}

#else

void *secret_alloc(size_t n_bytes)
{
	void *p = mmap(NULL, n_bytes > 0 ? n_bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* Where the kernel does not know the advice, the memory is as good as any. */
	(void)madvise(p, n_bytes > 0 ? n_bytes : 1, MADV_DONTDUMP);
	return p;
}

void secret_free(void *p, size_t n_bytes)
{
	if (p == NULL)
		return;
	wipe(p, n_bytes);
	(void)munmap(p, n_bytes > 0 ? n_bytes : 1);
}

#endif
