/* heap: what this process asks of the C library's heap. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

/* heap_return_large_blocks: blocks of 128 KiB and more go back to the system when they are freed, from now on. glibc keeps such blocks
 * for next time, each thread's apart: where threads come and go with every batch, 150 batches leave 350 MB behind. To be called
 * before threads are. */
void heap_return_large_blocks(void);

#endif
