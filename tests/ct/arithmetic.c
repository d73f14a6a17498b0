/* Elements, vectors, inner products, sums, transforms, the generator, X25519. */
#include "tests/ct/cases.h"

#include "crypt/kernels.h"
#include "crypt/x25519.h"
#include "prio1/field/accumulate.h"
#include "prio1/field/dot.h"
#include "prio1/ntt/lagrange.h"
#include "prio1/ntt/ntt.h"
#include "prio1/prg/kernels.h"
#include "prio1/prg/prg.h"

static void elements(void)
{
	u128 x = ct_element(1), y = ct_element(2);
	u128 results[] = {
		field_add(x, y),    field_sub(x, y),	       field_neg(x),
		field_half(x),	    field_mul(x, y),	       field_inv(x),
		field_pow(x, 1000), field_reduce(x << 40 | y), field_reduce_wide((uint64_t)x >> 14, y << 40),
	};
	uint8_t bytes[FIELD_BYTES];

	for (size_t i = 0; i < COUNT_OF(results); i++)
		CT_IS_SECRET(&results[i], FIELD_BYTES);
	field_to_bytes(bytes, x);
	CT_IS_SECRET(bytes, sizeof bytes);

	bool is_element = field_from_bytes(&y, bytes);
	CT_IS_SECRET(&y, FIELD_BYTES);
	(void)is_element;
}

/* Lengths for whole steps of all kernels, for rests, and for nothing but a rest. */
static const size_t lengths[] = {300, 128, 45, 8, 3, 1};

static void inner_products(void)
{
	for (size_t k = 0; k < COUNT_OF(lengths); k++) {
		size_t n = lengths[k];
		struct field_vector x = ct_vector(n, 10), y = ct_vector(n, 1000);
		u128 sum = field_dot(&x, &y, n);

		CT_IS_SECRET(&sum, FIELD_BYTES);
		ct_vector_free(&x, n);
		ct_vector_free(&y, n);
	}
}

static void running_sums(void)
{
	for (size_t k = 0; k < COUNT_OF(lengths); k++) {
		size_t n = lengths[k];
		struct field_vector x = ct_vector(n, 10), sums = ct_vector(n, 1000);

		for (size_t i = 0; i < 3; i++)
			field_accumulate(&sums, &x, n);
		ct_vector_is_secret(&sums, n);
		field_accumulate_reduce(&sums, n);
		ct_vector_is_secret(&sums, n);
		ct_vector_free(&x, n);
		ct_vector_free(&sums, n);
	}
}

/* Odd and even numbers of levels, of which the first are plain, and the last one in lanes, or more, or none. */
static void query_coefficients(void)
{
	for (unsigned log2_n = 1; log2_n <= 8; log2_n++) {
		size_t n = (size_t)1 << log2_n;
		struct field_vector whole = ct_vector(n, 0), odd = ct_vector(n, 0);
		struct lagrange lagrange;

		ct_send(whole.lo, n * sizeof *whole.lo); /* what stands there before is no secret */
		ct_send(whole.hi, n * sizeof *whole.hi);
		CT_CHECK(lagrange_init(&lagrange, log2_n) == PRIO_OK);
		u128 r_to_n = lagrange_at(&lagrange, &whole, &odd, ct_element(4));
		CT_IS_SECRET(&r_to_n, FIELD_BYTES);
		ct_vector_is_secret(&whole, n);
		ct_vector_is_secret(&odd, n);
		lagrange_clear(&lagrange);
		ct_vector_free(&whole, n);
		ct_vector_free(&odd, n);
	}
}

/* From one element to more than the vector kernels' smallest transform, with odd and even numbers of levels. */
static void transforms(void)
{
	for (unsigned log2_n = 0; log2_n <= 8; log2_n++) {
		size_t n = (size_t)1 << log2_n;
		struct field_vector x = ct_vector(n, log2_n), y = ct_vector(n, 5), z = ct_vector(n, 6);
		struct ntt ntt;

		CT_CHECK(ntt_init(&ntt, log2_n) == PRIO_OK);
		ntt_interpolate(&ntt, &x);
		ntt_evaluate(&ntt, &x);
		ntt_extend(&ntt, &x);
		ct_vector_is_secret(&x, n);
		ntt_prove(&ntt, &x, &y, &z, ct_element(7));
		ct_vector_is_secret(&x, n);
		ntt_clear(&ntt);
		ct_vector_free(&x, n);
		ct_vector_free(&y, n);
		ct_vector_free(&z, n);
	}
}

/* Only which draws were thrown away shows: what is kept, and the bytes, are secret. */
static void generator(void)
{
	static const uint8_t batch_id[] = "a batch";
	uint8_t seed[PRG_SEED_BYTES], bytes[40];
	struct field_vector out = ct_vector(700, 0);
	struct prg prg;
	u128 x;

	ct_random(seed, sizeof seed, 8);
	ct_secret(seed, sizeof seed);
	CT_CHECK(prg_init(&prg) == PRIO_OK);
	for (int rule = PRIO_PRG_BATCH; rule <= PRIO_PRG_LEGACY; rule++) {
		CT_CHECK(prg_seed(&prg, seed, (struct prio_bytes){batch_id, sizeof batch_id},
				  rule == PRIO_PRG_BATCH ? PRIO_PRG_BATCH : PRIO_PRG_LEGACY) == PRIO_OK);
		/* At the stream's start and in the middle of a block. */
		for (size_t n = 1; n <= 700; n += 233) {
			CT_CHECK(prg_fill(&prg, &out, n) == PRIO_OK);
			ct_vector_is_secret(&out, n);
		}
		CT_CHECK(prg_below_p(&prg, &x) == PRIO_OK);
		CT_IS_SECRET(&x, FIELD_BYTES);
		CT_CHECK(prg_bytes(&prg, bytes, sizeof bytes) == PRIO_OK);
		CT_IS_SECRET(bytes, sizeof bytes);
	}
	prg_clear(&prg);
	ct_vector_free(&out, 700);
}

/* The part of it that throws away, on its own. */
static void draws(void)
{
	uint8_t stream[PRG_TAKE_DRAWS * PRG_DRAW_BYTES];
	struct field_vector out = ct_vector(PRG_TAKE_DRAWS, 0);
	size_t n_taken;

	ct_random(stream, sizeof stream, 9);
	ct_secret(stream, sizeof stream);
	n_taken = prg_kernels()->take(&out, stream);
	CT_CHECK(n_taken > 0 && n_taken < PRG_TAKE_DRAWS);
	ct_vector_is_secret(&out, n_taken);
	ct_vector_free(&out, PRG_TAKE_DRAWS);
}

/* Groups of lanes that share an inversion, a rest that OpenSSL does, and one alone. One public key is of low order. */
static void key_agreement(void)
{
	static const size_t counts[] = {17, 1};
	uint8_t private_key[X25519_KEY_BYTES], public_keys[17][X25519_KEY_BYTES];
	const uint8_t *pointers[17];
	struct x25519_shared shared[17];
	struct x25519 *x25519;

	ct_random(private_key, sizeof private_key, 10);
	ct_secret(private_key, sizeof private_key);
	ct_random(public_keys, sizeof public_keys, 11);
	memset(public_keys[3], 0, X25519_KEY_BYTES);
	for (size_t i = 0; i < 17; i++)
		pointers[i] = public_keys[i];
	CT_CHECK(x25519_new(&x25519, private_key) == PRIO_OK);
	for (size_t k = 0; k < COUNT_OF(counts); k++) {
		memset(shared, 0, sizeof shared);
		CT_CHECK(x25519_many(x25519, shared, pointers, counts[k]) == PRIO_OK);
		for (size_t i = 0; i < counts[k]; i++)
			if (i != 3)
				CT_IS_SECRET(shared[i].bytes, sizeof shared[i].bytes);
	}
	x25519_free(x25519);
}

static void ephemeral_keys(void)
{
	uint8_t private_keys[5][X25519_KEY_BYTES], public_keys[5][X25519_KEY_BYTES], own[5][X25519_KEY_BYTES];
	const uint8_t *private_pointers[5], *public_pointers[5];
	struct x25519_shared shared[5];

	ct_random(private_keys, sizeof private_keys, 12);
	ct_random(public_keys, sizeof public_keys, 13);
	ct_secret(private_keys, sizeof private_keys);
	for (size_t i = 0; i < 5; i++) {
		private_pointers[i] = private_keys[i];
		public_pointers[i] = public_keys[i];
	}
	CT_CHECK(x25519_ephemeral(own, shared, private_pointers, public_pointers, 5) == PRIO_OK);
	CT_IS_SECRET(own, sizeof own);
	CT_IS_SECRET(shared, sizeof shared);
}

const struct ct_case ct_arithmetic[] = {
	{"elements", elements, false, CPU_PORTABLE},
	{"inner products", inner_products, false, CPU_PORTABLE},
	{"running sums", running_sums, false, CPU_PORTABLE},
	{"coefficients of a query point", query_coefficients, false, CPU_PORTABLE},
	{"transforms", transforms, false, CPU_PORTABLE},
	{"generator", generator, false, CPU_PORTABLE},
	{"draws kept and thrown away", draws, false, CPU_PORTABLE},
	{"X25519 for many public keys", key_agreement, false, CPU_PORTABLE},
	{"X25519 for fresh keys", ephemeral_keys, false, CPU_PORTABLE},
	{NULL, NULL, false, CPU_PORTABLE},
};
