/* wipe: overwrite secrets. The same function as prio_wipe (prio/keys.h), under its inner name. */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stddef.h>

void wipe(void *p, size_t n);

#endif
