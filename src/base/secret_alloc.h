/* secret_alloc: memory for keys, shares and what comes from them: zeroed whole pages of its own, which are left out of core files
 * (MADV_DONTDUMP), also of those that a debugger or a crash handler writes where no limit holds it back. */
#ifndef BASE_SECRET_ALLOC_H
#define BASE_SECRET_ALLOC_H

#include <stddef.h>

/* secret_alloc: aligned to 64 bytes at least; NULL when out of memory. */
void *secret_alloc(size_t n_bytes);

/* secret_free: wipes and frees. n_bytes: as allocated. NULL is fine. */
void secret_free(void *p, size_t n_bytes);

#endif
