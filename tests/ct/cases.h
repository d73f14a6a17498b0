/* cases: what runs under valgrind's memcheck, which is told that secrets are undefined and follows them bit by bit. It
 * complains where a branch or an address depends on one: exactly what must not be. What a contract lets be seen is said
 * in the code itself, by ct_reveal (base/ct.h).
 *
 * A case marks its secrets, calls, and claims of the results that they are secret, too: else the secrets have got lost
 * on the way, and the case proves nothing. */
#ifndef TESTS_CT_CASES_H
#define TESTS_CT_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <valgrind/memcheck.h>

#include "cpu/cpu.h"
#include "prio1/field/vector.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct ct_case {
	const char *what;
	void (*run)(void);
	bool leaks;	      /* planted: memcheck must complain */
	enum cpu_table least; /* runs under this table and those above it */
};

extern const struct ct_case ct_arithmetic[], ct_messages[], ct_flows[], ct_planted[]; /* each ends with a NULL what */

/* ct_fail: the case at hand is no good, whatever memcheck says. */
void ct_fail(const char *file, int line, const char *what);
#define CT_CHECK(condition) ((condition) ? (void)0 : ct_fail(__FILE__, __LINE__, #condition))

/* ct_secret: from here on the n bytes at p are secret. ct_send: they go over the wire, or to whoever may see them.
 * ct_random: what is not secret yet, but looks like it: bytes that depend on seed alone. */
static inline void ct_secret(void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}
static inline void ct_send(void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}
void ct_random(void *p, size_t n, uint64_t seed);

/* CT_IS_SECRET: of every byte of a variable some bit at least is secret. */
bool ct_every_byte_is_secret(const void *p, size_t n);
#define CT_IS_SECRET(p, n) CT_CHECK(ct_every_byte_is_secret(p, n))

/* ct_element: any element, secret. ct_vector: n of them, in memory that ct_vector_free frees. */
u128 ct_element(uint64_t seed);
struct field_vector ct_vector(size_t n, uint64_t seed);
void ct_vector_free(struct field_vector *vector, size_t n);
/* Of each number the lower bits that it must have. */
void ct_vector_is_secret(const struct field_vector *vector, size_t n);

/* The planted faults in vector code: a branch on a lane, and an index from one. */
unsigned planted_branch_avx2(const uint64_t lanes[4]);
unsigned planted_index_avx2(const uint64_t lanes[4]);
unsigned planted_branch_avx512ifma(const uint64_t lanes[8]);
unsigned planted_index_avx512ifma(const uint64_t lanes[8]);

#endif
