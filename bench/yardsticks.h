/* yardsticks: what every machine can be measured by, as figures among the others (bench/measure.h). */
#ifndef BENCH_YARDSTICKS_H
#define BENCH_YARDSTICKS_H

#include "bench/measure.h"

/* Each makes one figure; what it needs is never freed.
 *
 * yardstick_x25519: one agreement by OpenSSL, the X of all ratios.
 * yardstick_aes_ctr: AES-128-CTR by OpenSSL over n bytes.
 * yardstick_copy: memcpy of n bytes, from and to memory that stays in the caches. */
struct figure yardstick_x25519(void);
struct figure yardstick_aes_ctr(const char *what, const char *part, size_t n);
struct figure yardstick_copy(const char *what, const char *part, size_t n);

#endif
