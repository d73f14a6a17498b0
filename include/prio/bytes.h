/* prio/bytes.h: views of memory. Bytes are not strings: a view carries its length and ends with no NUL.
 *
 * A view owns nothing. Whoever hands one out says how long it stays valid. */
#ifndef PRIO_BYTES_H
#define PRIO_BYTES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PRIO_API __attribute__((visibility("default")))
#define PRIO_MUST_USE __attribute__((warn_unused_result))
#else
#define PRIO_API
#define PRIO_MUST_USE
#endif

/* Bytes to be read. p may be NULL only where n is 0. */
struct prio_bytes {
	const uint8_t *p;
	size_t n;
};

/* Bytes that may be written. */
struct prio_mut {
	uint8_t *p;
	size_t n;
};

/* The same bytes, to be read only. */
static inline struct prio_bytes prio_bytes_of(struct prio_mut m)
{
	struct prio_bytes b;

	b.p = m.p;
	b.n = m.n;
	return b;
}

#ifdef __cplusplus
}
#endif

#endif
