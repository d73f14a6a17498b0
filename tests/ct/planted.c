/* Faults that must be found, each as somebody might make it, in twins of functions that are right; and faults behind
 * real kernels, to show that secrets come out of them as secrets, so that a fault behind them would be found as well.
 */
#include "tests/ct/cases.h"

#include "crypt/x25519.h"
#include "prio1/field/accumulate.h"
#include "prio1/field/dot.h"
#include "prio1/ntt/lagrange.h"
#include "prio1/ntt/ntt.h"
#include "prio1/prg/prg.h"

static volatile unsigned sink;
static const uint8_t table[256] = {1, 2, 3};

static void branch_on(uint64_t bit)
{
	if (bit != 0)
		sink++; /* volatile: cannot be made without a branch */
}

static void use_as_index(uint64_t byte)
{
	sink = ((volatile const uint8_t *)table)[byte & 0xff];
}

/* field_once, with its subtraction left out where it is not needed. */
static void reduction_with_branch(void)
{
	u128 x = ct_element(1) + ct_element(2);

	if (x >= FIELD_P) {
		sink++;
		x -= FIELD_P;
	}
	CT_IS_SECRET(&x, FIELD_BYTES);
}

/* A digit of a private key by a look-up. */
static void digit_by_table(void)
{
	uint8_t key[32];

	ct_random(key, sizeof key, 1);
	ct_secret(key, sizeof key);
	use_as_index(key[5] >> 4);
}

/* ct_equal, with an early end. */
static void comparison_with_early_end(void)
{
	uint8_t tag[16], expected[16];
	size_t i = 0;

	ct_random(tag, sizeof tag, 1);
	memcpy(expected, tag, sizeof expected);
	ct_secret(expected, sizeof expected);
	while (i < sizeof tag && ((volatile uint8_t *)tag)[i] == expected[i])
		i++;
	sink = (unsigned)i;
}

/* The smallest leak: one bit of one element that was kept, where a real one shows those thrown away. */
static void generated_bit(void)
{
	uint8_t seed[PRG_SEED_BYTES] = {1};
	struct field_vector out = ct_vector(20, 0);
	struct prg prg;

	ct_secret(seed, sizeof seed);
	CT_CHECK(prg_init(&prg) == PRIO_OK);
	CT_CHECK(prg_seed(&prg, seed, (struct prio_bytes){seed, 0}, PRIO_PRG_LEGACY) == PRIO_OK);
	CT_CHECK(prg_fill(&prg, &out, 20) == PRIO_OK);
	branch_on(out.lo[19] & 1);
	prg_clear(&prg);
	ct_vector_free(&out, 20);
}

static void inner_product_bit(void)
{
	struct field_vector x = ct_vector(45, 1), y = ct_vector(45, 100);

	branch_on((uint64_t)field_dot(&x, &y, 45) >> 63);
	ct_vector_free(&x, 45);
	ct_vector_free(&y, 45);
}

static void sum_as_index(void)
{
	struct field_vector x = ct_vector(45, 1), sums = ct_vector(45, 100);

	field_accumulate(&sums, &x, 45);
	use_as_index(sums.hi[44]);
	ct_vector_free(&x, 45);
	ct_vector_free(&sums, 45);
}

static void transformed_bit(void)
{
	struct field_vector x = ct_vector(128, 1);
	struct ntt ntt;

	CT_CHECK(ntt_init(&ntt, 7) == PRIO_OK);
	ntt_extend(&ntt, &x);
	branch_on(x.hi[77] & 1);
	ntt_clear(&ntt);
	ct_vector_free(&x, 128);
}

static void coefficient_bit(void)
{
	struct field_vector whole = ct_vector(128, 1), odd = ct_vector(128, 2);
	struct lagrange lagrange;

	CT_CHECK(lagrange_init(&lagrange, 7) == PRIO_OK);
	(void)lagrange_at(&lagrange, &whole, &odd, ct_element(4));
	branch_on(odd.lo[77] & 1);
	lagrange_clear(&lagrange);
	ct_vector_free(&whole, 128);
	ct_vector_free(&odd, 128);
}

static void agreed_byte_as_index(void)
{
	uint8_t private_key[X25519_KEY_BYTES] = {1}, public_key[X25519_KEY_BYTES] = {9};
	const uint8_t *private_keys[] = {private_key}, *public_keys[] = {public_key};
	uint8_t own[1][X25519_KEY_BYTES];
	struct x25519_shared shared;

	ct_secret(private_key, sizeof private_key);
	CT_CHECK(x25519_ephemeral(own, &shared, private_keys, public_keys, 1) == PRIO_OK);
	use_as_index(shared.bytes[31]);
}

#ifndef PRIO_PORTABLE_ONLY
static void in_vector_code(unsigned (*fault)(const uint64_t *lanes))
{
	uint64_t lanes[8];

	ct_random(lanes, sizeof lanes, 1);
	ct_secret(lanes, sizeof lanes);
	sink = fault(lanes);
}

static void vector_branch_avx2(void)
{
	in_vector_code(planted_branch_avx2);
}
static void vector_index_avx2(void)
{
	in_vector_code(planted_index_avx2);
}
static void vector_branch_avx512ifma(void)
{
	in_vector_code(planted_branch_avx512ifma);
}
static void vector_index_avx512ifma(void)
{
	in_vector_code(planted_index_avx512ifma);
}
#endif

const struct ct_case ct_planted[] = {
	{"a reduction that branches", reduction_with_branch, true, CPU_PORTABLE},
	{"a table of digits", digit_by_table, true, CPU_PORTABLE},
	{"a comparison that ends early", comparison_with_early_end, true, CPU_PORTABLE},
	{"a branch on a bit of a generated element", generated_bit, true, CPU_PORTABLE},
	{"a branch on a bit of an inner product", inner_product_bit, true, CPU_PORTABLE},
	{"an index from a running sum", sum_as_index, true, CPU_PORTABLE},
	{"a branch on a bit of a transform", transformed_bit, true, CPU_PORTABLE},
	{"a branch on a bit of a coefficient", coefficient_bit, true, CPU_PORTABLE},
	{"an index from an agreed secret", agreed_byte_as_index, true, CPU_PORTABLE},
#ifndef PRIO_PORTABLE_ONLY
	{"a branch on a lane, AVX2", vector_branch_avx2, true, CPU_AVX2},
	{"an index from a lane, AVX2", vector_index_avx2, true, CPU_AVX2},
	{"a branch on a lane, AVX-512", vector_branch_avx512ifma, true, CPU_AVX512IFMA},
	{"an index from a lane, AVX-512", vector_index_avx512ifma, true, CPU_AVX512IFMA},
#endif
	{NULL, NULL, false, CPU_PORTABLE},
};
