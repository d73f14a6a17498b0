/* x25519_groups: X25519 for any number of pairs of keys, as many at a time as there are lanes. The whole kernel but for
 * its name: the file that includes it is compiled for an instruction set, and that chooses lanes and limbs. */
#ifndef CRYPT_X25519_GROUPS_H
#define CRYPT_X25519_GROUPS_H

#ifdef __AVX512IFMA__
#include "crypt/x25519_radix51.h"
#else
#include "crypt/x25519_radix25.h"
#endif

#ifdef __AVX2__

#include <string.h>

#include "base/wipe.h"
#include "crypt/x25519.h"

enum {
	CHUNK_KEYS = 64, /* that share one inversion */
	CHUNK_GROUPS = CHUNK_KEYS / VEC64_LANES,
	LADDER_STACK_BYTES = 16384,
};

/* What a chunk goes through: u = x / z for each group of lanes. Secret. */
struct chunk {
	vec64 scalars[CHUNK_GROUPS][4];
	struct fe points[CHUNK_GROUPS];
	struct fe x[CHUNK_GROUPS];
	struct fe z[CHUNK_GROUPS];
	struct fe products[CHUNK_GROUPS]; /* of z, up to and with this group */
};

/* Keys first to first + VEC64_LANES - 1, word by word. Lanes past n repeat the last key. */
static void load_keys(vec64 words[4], const uint8_t *const *keys, size_t first, size_t n)
{
	uint64_t lanes[4][VEC64_LANES];

	for (size_t k = 0; k < VEC64_LANES; k++) {
		const uint8_t *key = keys[first + k < n ? first + k : n - 1];

		for (size_t word = 0; word < 4; word++)
			memcpy(&lanes[word][k], key + 8 * word, 8); /* both are little-endian */
	}
	for (size_t word = 0; word < 4; word++)
		words[word] = vec64_load(lanes[word]);
}

static void store_shared(struct x25519_shared *shared, const vec64 words[4], size_t first, size_t n)
{
	uint64_t lanes[4][VEC64_LANES];

	for (size_t word = 0; word < 4; word++)
		vec64_store(lanes[word], words[word]);
	for (size_t k = 0; k < VEC64_LANES && first + k < n; k++) {
		for (size_t word = 0; word < 4; word++)
			memcpy(shared[first + k].bytes + 8 * word, &lanes[word][k], 8);
	}
}

/* RFC 7748, section 5: decodeScalar25519. */
static void clamp(vec64 scalar[4])
{
	scalar[0] = vec64_and(scalar[0], vec64_all(~UINT64_C(7)));
	scalar[3] = vec64_and(scalar[3], vec64_all(~UINT64_C(0) >> 1));
	scalar[3] = vec64_or(scalar[3], vec64_all(UINT64_C(1) << 62));
}

/* 1/f = f^(p - 2), p - 2 = 2^255 - 21. Comments give the exponent. */
static void invert(struct fe *out, const struct fe *f)
{
	struct fe t, e2, e9, e11, n5, n10, n20, n50, n100;

	fe_square_times(&e2, f, 1);
	fe_square_times(&t, &e2, 2);
	fe_mul(&e9, &t, f);
	fe_mul(&e11, &e9, &e2);
	fe_square_times(&t, &e11, 1);
	fe_mul(&n5, &t, &e9); /* 2^5 - 1, and so on */
	fe_square_times(&t, &n5, 5);
	fe_mul(&n10, &t, &n5);
	fe_square_times(&t, &n10, 10);
	fe_mul(&n20, &t, &n10);
	fe_square_times(&t, &n20, 20);
	fe_mul(&t, &t, &n20);
	fe_square_times(&t, &t, 10);
	fe_mul(&n50, &t, &n10);
	fe_square_times(&t, &n50, 50);
	fe_mul(&n100, &t, &n50);
	fe_square_times(&t, &n100, 100);
	fe_mul(&t, &t, &n100);
	fe_square_times(&t, &t, 50);
	fe_mul(&t, &t, &n50); /* 2^250 - 1 */
	fe_square_times(&t, &t, 5);
	fe_mul(out, &t, &e11); /* 2^255 - 32 + 11 */
}

/* Points of low order end with z = 0, and their u is 0: they become 0/1, because one zero among the products would make
 * all the groups' inverses zero. */
static void settle_zero(struct fe *x, struct fe *z)
{
	struct fe zero, one;
	vec64 words[4], is_zero;

	fe_set(&zero, 0);
	fe_set(&one, 1);
	fe_to_words(words, z);
	is_zero = vec64_is_zero(vec64_or(vec64_or(words[0], words[1]), vec64_or(words[2], words[3])));
	fe_select(x, is_zero, x, &zero);
	fe_select(z, is_zero, z, &one);
}

/* The functions above spill secrets below this frame: overwrite that part of the stack. */
static __attribute__((noinline)) void wipe_ladder_stack(void)
{
	uint8_t stack[LADDER_STACK_BYTES];

	wipe(stack, sizeof stack);
}

static void do_chunk(struct chunk *chunk, struct x25519_shared *shared, const uint8_t *const *private_keys,
		     const uint8_t *const *public_keys, size_t n)
{
	size_t n_groups = (n + VEC64_LANES - 1) / VEC64_LANES;
	struct fe inverse, u;
	vec64 words[4];

	for (size_t g = 0; g < n_groups; g++) {
		load_keys(chunk->scalars[g], private_keys, g * VEC64_LANES, n);
		clamp(chunk->scalars[g]);
		load_keys(words, public_keys, g * VEC64_LANES, n);
		fe_from_words(&chunk->points[g], words);
	}
	ladder(chunk->x, chunk->z, (const vec64(*)[4])chunk->scalars, chunk->points, n_groups);

	/* One inversion for all groups: 1/z[g] = products[g - 1] / products[g], and on the way back the inverse of
	 * products[g] times z[g] is that of products[g - 1]. */
	for (size_t g = 0; g < n_groups; g++) {
		settle_zero(&chunk->x[g], &chunk->z[g]);
		if (g == 0)
			chunk->products[g] = chunk->z[g];
		else
			fe_mul(&chunk->products[g], &chunk->products[g - 1], &chunk->z[g]);
	}
	invert(&inverse, &chunk->products[n_groups - 1]);
	for (size_t g = n_groups; g-- > 0;) {
		u = inverse;
		if (g > 0) {
			fe_mul(&u, &inverse, &chunk->products[g - 1]);
			fe_mul(&inverse, &inverse, &chunk->z[g]);
		}
		fe_mul(&u, &u, &chunk->x[g]);
		fe_to_words(words, &u);
		store_shared(shared, words, g * VEC64_LANES, n);
	}
}

static void x25519_groups(struct x25519_shared *shared, const uint8_t *const *private_keys,
			  const uint8_t *const *public_keys, size_t n)
{
	struct chunk chunk;

	for (size_t done = 0, now; done < n; done += now) {
		now = n - done < CHUNK_KEYS ? n - done : CHUNK_KEYS;
		do_chunk(&chunk, shared + done, private_keys + done, public_keys + done, now);
	}
	wipe(&chunk, sizeof chunk);
	wipe_ladder_stack();
}

#endif
#endif
