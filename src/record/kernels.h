/* kernels: the functions of record that have vector versions (cpu/cpu.h): where a long payload is gone through. */
#ifndef RECORD_KERNELS_H
#define RECORD_KERNELS_H

#include "cpu/cpu.h"
#include "prio/bytes.h"

/* Decode whole groups of four characters of the alphabet, from the first on, and stop at the end or before the first
 * group that holds anything else (padding, white space, a quote, a character that is not of the alphabet).
 *
 *   out    room for text.n / 4 * 3 bytes; out == text.p is fine: no byte is written at or behind a character that has
 * not been read.
 *
 * Returns the number of characters taken, a multiple of four; three quarters of it are the bytes written. The portable
 * one takes all that it can; the others may stop up to 128 characters earlier. */
typedef size_t base64_decode_kernel(uint8_t *out, struct prio_bytes text);

/* How many bytes stand at p before the first that is no printable ASCII, or a quote, or a backslash: at most n. A JSON
 * string of such bytes means itself, and the quote behind it ends it. */
typedef size_t plain_length_kernel(const uint8_t *p, size_t n);

struct record_kernels {
	base64_decode_kernel *base64_decode;
	plain_length_kernel *plain_length;
};

extern struct cpu_module record_module;

/* record_kernels: those that run. record_kernels_of: those of one table, for tests; only to be called if cpu_best() is
 * at least that. Thread-safe. */
static inline const struct record_kernels *record_kernels(void)
{
	return cpu_kernels(&record_module);
}
static inline const struct record_kernels *record_kernels_of(enum cpu_table table)
{
	return record_module.tables[table];
}

base64_decode_kernel base64_decode_portable;
plain_length_kernel plain_length_portable;
#ifndef PRIO_PORTABLE_ONLY
base64_decode_kernel base64_decode_avx2, base64_decode_avx512ifma;
plain_length_kernel plain_length_avx2, plain_length_avx512;
#endif

/* base64_decode_strict: as the kernels, all that can be taken. */
size_t base64_decode_strict(uint8_t *out, struct prio_bytes text);

#endif
