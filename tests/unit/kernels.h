/* For the tests that compare every version of a kernel that this machine can run with the portable one. */
#ifndef TESTS_UNIT_KERNELS_H
#define TESTS_UNIT_KERNELS_H

#include "tests/unit/cmocka_all.h"

#include <sys/mman.h>
#include <unistd.h>

#include "cpu/cpu.h"
#include "prio1/field/vector.h"

/* Memory that ends where a page ends, before one that may not be touched: who goes one byte too far dies. */
struct guarded {
	uint8_t *pages;
	size_t n_pages_bytes;
	uint8_t *end;
};

static inline struct guarded guarded_new(size_t n_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct guarded made = {.n_pages_bytes = (n_bytes + page - 1) / page * page + page};

	made.pages = mmap(NULL, made.n_pages_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(made.pages != MAP_FAILED);
	made.end = made.pages + made.n_pages_bytes - page;
	assert_int_equal(mprotect(made.end, page, PROT_NONE), 0);
	return made;
}

static inline void guarded_free(struct guarded *guarded)
{
	assert_int_equal(munmap(guarded->pages, guarded->n_pages_bytes), 0);
}

/* A vector whose planes end at a guard page, n elements before it. */
struct guarded_vector {
	struct guarded lo, hi;
	struct field_vector vector;
};

static inline struct guarded_vector guarded_vector_new(size_t n)
{
	struct guarded_vector made = {guarded_new(n * 8), guarded_new(n * 8), {NULL, NULL}};

	made.vector.lo = (uint64_t *)(void *)made.lo.end - n;
	made.vector.hi = (uint64_t *)(void *)made.hi.end - n;
	return made;
}

static inline void guarded_vector_free(struct guarded_vector *vector)
{
	guarded_free(&vector->lo);
	guarded_free(&vector->hi);
}

static const u128 edge_elements[] = {
	0,
	1,
	2,
	FIELD_P - 1,
	FIELD_P - 2,
	FIELD_P / 2,
	(u128)1 << 87,
	((u128)1 << 87) - 1,
	((u128)1 << 87) + 1,
	((u128)1 << 87) + ((u128)1 << 19),
	((u128)1 << 87) + ((u128)1 << 19) - 1,
	(u128)1 << 80,
	((u128)1 << 80) - 1,
	(u128)1 << 48,
	((u128)1 << 48) - 1,
	(u128)1 << 29,
	((u128)1 << 29) - 1,
	(u128)1 << 58,
	((u128)1 << 58) - 1,
	FIELD_P - ((u128)1 << 48),
	((u128)1 << 87) - ((u128)1 << 48),
	(u128)UINT64_MAX,
	(u128)1 << 64,
	255,
	256,
};

/* An element: random, or one time in four from the edges. */
static inline u128 any_element(uint64_t *state)
{
	u128 high = next_number(state);
	u128 x = (high << 64 | next_number(state)) % FIELD_P;

	return next_number(state) % 4 == 0 ? edge_elements[next_number(state) % COUNT_OF(edge_elements)] : x;
}

#endif
