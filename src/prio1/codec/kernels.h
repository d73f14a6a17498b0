/* kernels: reading and writing many elements, which has vector versions (cpu/cpu.h). */
#ifndef PRIO1_CODEC_KERNELS_H
#define PRIO1_CODEC_KERNELS_H

#include "cpu/cpu.h"
#include "prio1/codec/codec.h"

/* A kernel reads as many elements as it finds of the usual form, 0xab and 11 bytes, from the reader on, one after
 * another, at most n, and leaves the reader behind them. Some also take shorter ones, 0xa1 to 0xaa; any may stop early,
 * but never before an element of the usual form that is followed by 96 bytes or more.
 *
 *   out        gets them; up to 8 elements behind the last may be overwritten.
 *   in_field   becomes false if any of them is no element, otherwise stays as it is.
 *
 * Returns how many. Reads nothing behind the reader's end. CT: depends on the elements' headers, that is on their
 * lengths, never on a value; in_field is made without a branch. */
typedef size_t codec_read_kernel(struct codec_reader *reader, struct field_vector *out, size_t n, bool *in_field);

/* A kernel writes the n elements x[i] - y[i] one after another to out, which has room for n times CODEC_FIELD_BYTES_MAX
 * bytes, of which those behind the last element may be overwritten, too. Returns the bytes of the elements. CT: depends
 * on the encodings' lengths. */
typedef size_t codec_write_kernel(uint8_t *out, const struct field_vector *x, const struct field_vector *y, size_t n);

struct codec_kernels {
	codec_read_kernel *read;
	codec_write_kernel *write;
};

extern struct cpu_module codec_module;

/* codec_kernels: those that run. codec_kernels_of: those of one table, for tests; only to be called if cpu_best() is at
 * least that. Thread-safe. */
static inline const struct codec_kernels *codec_kernels(void)
{
	return cpu_kernels(&codec_module);
}
static inline const struct codec_kernels *codec_kernels_of(enum cpu_table table)
{
	return codec_module.tables[table];
}

codec_read_kernel codec_read_portable;
codec_write_kernel codec_write_portable;
#ifndef PRIO_PORTABLE_ONLY
codec_read_kernel codec_read_avx2, codec_read_avx512, codec_read_avx512ifma;
codec_write_kernel codec_write_avx512ifma;
#endif

/* codec_read_fields_by: codec_read_fields with one of them. */
PRIO_MUST_USE enum prio_status codec_read_fields_by(codec_read_kernel *read, struct codec_reader *reader,
						    struct field_vector *out, size_t n);

/* First byte of 255 elements of 256. */
enum { CODEC_WHOLE_FIELD = 0xa0 | FIELD_BYTES };

#endif
