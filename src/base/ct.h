/* ct: comparisons whose time does not depend on the bytes compared, and what tests/ct has to be told of others. */
#ifndef BASE_CT_H
#define BASE_CT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef PRIO_CT
#include <valgrind/memcheck.h>
#endif

/* ct_equal: are the n bytes at a and b the same? ct_is_zero: are the n bytes at p all zero? CT: depends on n alone. The
 * answer is no secret. */
bool ct_equal(const void *a, const void *b, size_t n);
bool ct_is_zero(const void *p, size_t n);

/* ct_reveal: x, on which branches and indices may depend from here on, though it comes from secrets: because a contract
 * says so (its "CT:" names what), a verdict that all will see, say, or which draws the generator threw away. It stands
 * where that happens, around no more than that. Does nothing, but in the build that tests/ct runs under valgrind, which
 * holds everything else that comes from a secret to be one. */
static inline uint64_t ct_reveal(uint64_t x)
{
#ifdef PRIO_CT
	VALGRIND_MAKE_MEM_DEFINED(&x, sizeof x);
#endif
	return x;
}

#endif
