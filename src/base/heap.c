#include "base/heap.h"

#include <malloc.h>

void heap_return_large_blocks(void)
{
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 17);
#endif
}
