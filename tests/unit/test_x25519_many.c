/* X25519 in lanes: every table that this CPU has, against OpenSSL one by one, on the RFC's numbers, on the edges of the
 * field, and in batches of every length. */
#include "tests/unit/cmocka_all.h"

#include "crypt/kernels.h"
#include "crypt/x25519.h"

enum { KEYS_MAX = 150 };

/* OpenSSL's answer: this function uses no other, whatever table runs. */
static struct x25519_shared openssl(const uint8_t private_key[32], const uint8_t public_key[32])
{
	struct x25519_shared shared;

	ASSERT_OK(x25519_agree(&shared, private_key, public_key));
	return shared;
}

static struct x25519_shared one(x25519_kernel *kernel, const uint8_t private_key[32], const uint8_t public_key[32])
{
	struct x25519_shared shared;

	kernel(&shared, &private_key, &public_key, 1);
	return shared;
}

/* A table's kernel, from the lowest up; NULL where the table has none or the CPU lacks it. */
static x25519_kernel *kernel_of(enum cpu_table table)
{
	return table <= cpu_best() ? crypt_kernels_of(table)->x25519 : NULL;
}

#define FOR_EACH_KERNEL(kernel)                                                                                        \
	for (enum cpu_table table_ = CPU_PORTABLE; table_ < CPU_TABLES; table_++)                                      \
		for (x25519_kernel *kernel = kernel_of(table_); kernel != NULL; kernel = NULL)

/* Only the portable table may be without a kernel: a test of nothing would pass. */
static void every_table_is_here(void **unused)
{
	(void)unused;
	assert_null(crypt_kernels_of(CPU_PORTABLE)->x25519);
	for (enum cpu_table table = CPU_AVX2; table < CPU_TABLES; table++)
		assert_true((kernel_of(table) != NULL) == (table <= cpu_best()));
	assert_int_equal(cpu_installed(&crypt_module), cpu_chosen());
	FOR_EACH_KERNEL(kernel)
		assert_true(x25519_kernel_is_right(kernel));
}

/* A kernel that is wrong in one lane of one group, or spoils others by low order, must not pass the self-test. */
static size_t wrong_at;
static void wrong_kernel(struct x25519_shared *shared, const uint8_t *const *private_keys,
			 const uint8_t *const *public_keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		shared[i] = openssl(private_keys[i], public_keys[i]);
	if (wrong_at < n)
		shared[wrong_at].bytes[wrong_at] ^= 1;
}

static void self_test_finds_every_wrong_lane(void **unused)
{
	(void)unused;
	for (wrong_at = 0; wrong_at < 21; wrong_at++)
		assert_false(x25519_kernel_is_right(wrong_kernel));
	wrong_at = SIZE_MAX;
	assert_true(x25519_kernel_is_right(wrong_kernel));
}

/* RFC 7748, 5.2: k = X25519(k, u), u = old k, a thousand times. */
static void iterates_as_the_rfc(void **unused)
{
	(void)unused;
	FOR_EACH_KERNEL(kernel) {
		uint8_t k[32] = {9}, u[32] = {9};

		for (int i = 1; i <= 1000; i++) {
			struct x25519_shared next = one(kernel, k, u);

			memcpy(u, k, sizeof u);
			memcpy(k, next.bytes, sizeof k);
			if (i == 1)
				assert_bytes(k, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
		}
		assert_bytes(k, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
	}
}

/* Where encodings, limbs and the field end. With the high bit too, which nobody looks at. */
static const char *const edges[] = {
	"0000000000000000000000000000000000000000000000000000000000000000", /* low order: 0 */
	"0100000000000000000000000000000000000000000000000000000000000000", /* 1 */
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", /* of order 8 */
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", /* of order 8 */
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p - 1 */
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p */
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p + 1 */
	"ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p - 2 */
	"efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p + 2 */
	"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"feffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* 2^255 - 1 */
	"0900000000000000000000000000000000000000000000000000000000000000", /* the base point */
	"0200000000000000000000000000000000000000000000000000000000000000", /* on the twist */
	"ffffff0300000000000000000000000000000000000000000000000000000000", /* full limbs of 26 and 25 bits, and of 51
									     */
	"000000fcffff0700000000000000000000000000000000000000000000000000",
	"ffffffffffff0700000000000000000000000000000000000000000000000000",
	"000000000000f8ffffffffffff3f000000000000000000000000000000000000",
	"00000000000000000000000000c0ffffffffffff010000000000000000000000",
	"00000000000000000000000000000000000000feffffffffff0f000000000000",
	"00000000000000000000000000000000000000000000000000f0ffffffffff7f",
	"00000000000000000000000000000000000000000000000000000000000000ff",
	"0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff",
	"5555555555555555555555555555555555555555555555555555555555555555",
};
enum { LOW_ORDER = 7 }; /* the first of them */

static void takes_the_edges(void **unused)
{
	static const char *const scalars[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0700000000000000000000000000000000000000000000000000000000000080",
		"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	enum { N = 2 * COUNT_OF(edges) };
	uint8_t public_keys[N][32], private_key[32];
	const uint8_t *peers[N], *own[N];
	struct x25519_shared got[N];

	(void)unused;
	for (size_t i = 0; i < N; i++) {
		unhex(public_keys[i], edges[i / 2]);
		public_keys[i][31] ^= i % 2 == 0 ? 0 : 0x80;
		peers[i] = public_keys[i];
		own[i] = private_key;
	}
	FOR_EACH_KERNEL(kernel) {
		for (size_t s = 0; s < COUNT_OF(scalars); s++) {
			unhex(private_key, scalars[s]);
			kernel(got, own, peers, N);
			for (size_t i = 0; i < N; i++) {
				struct x25519_shared want = openssl(private_key, peers[i]),
						     alone = one(kernel, private_key, peers[i]);

				if (memcmp(&got[i], &want, sizeof want) != 0 || memcmp(&alone, &want, sizeof want) != 0)
					fail_msg("%s: scalar %zu, u %s", cpu_table_name(table_), s, edges[i / 2]);
				if (i < 2 * LOW_ORDER)
					assert_memory_equal(&want, &(struct x25519_shared){{0}}, sizeof want);
			}
		}
	}
}

static void fill(uint8_t *out, size_t n, uint64_t *random)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(next_number(random) >> 56);
}

/* One key with n others, among them ones of low order, unaligned. What lies behind the results stays. */
static void takes_any_number_of_keys(void **unused)
{
	static uint8_t bytes[KEYS_MAX * 33 + 33];
	struct x25519_shared want[KEYS_MAX], got[KEYS_MAX + 1], guard;
	const uint8_t *peers[KEYS_MAX], *own[KEYS_MAX];
	struct x25519 *x25519;
	uint64_t random = 25519;

	(void)unused;
	fill(bytes, sizeof bytes, &random);
	memset(&guard, 0xa5, sizeof guard);
	for (size_t i = 0; i < KEYS_MAX; i++) {
		uint8_t *key = bytes + 33 * (i + 1);

		if (i % 5 == 3)
			unhex(key, edges[i % LOW_ORDER]);
		peers[i] = key;
		own[i] = bytes;
		want[i] = openssl(bytes, key);
	}
	ASSERT_OK(x25519_new(&x25519, bytes));
	for (size_t n = 0; n <= KEYS_MAX; n += n < 70 ? 1 : 20) {
		FOR_EACH_KERNEL(kernel) {
			for (size_t i = 0; i <= n; i++)
				got[i] = guard;
			kernel(got, own, peers, n);
			assert_memory_equal(got, want, n * sizeof got[0]);
			assert_memory_equal(&got[n], &guard, sizeof guard);
		}
		/* And as the server calls it, with whatever table is installed. */
		for (size_t i = 0; i <= n; i++)
			got[i] = guard;
		ASSERT_OK(x25519_many(x25519, got, peers, n));
		assert_memory_equal(got, want, n * sizeof got[0]);
		assert_memory_equal(&got[n], &guard, sizeof guard);
	}
	x25519_free(x25519);
}

/* Every lane its own private key too. */
static void agrees_with_openssl_on_random_keys(void **unused)
{
	enum { ROUNDS = 20 };
	static uint8_t private_keys[KEYS_MAX][32], public_keys[KEYS_MAX][32];
	struct x25519_shared want[KEYS_MAX], got[KEYS_MAX];
	const uint8_t *peers[KEYS_MAX], *own[KEYS_MAX];
	uint64_t random = 7748;

	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		fill(private_keys[0], sizeof private_keys, &random);
		fill(public_keys[0], sizeof public_keys, &random);
		for (size_t i = 0; i < KEYS_MAX; i++) {
			own[i] = private_keys[i];
			peers[i] = public_keys[i];
			want[i] = openssl(own[i], peers[i]);
		}
		FOR_EACH_KERNEL(kernel) {
			kernel(got, own, peers, KEYS_MAX);
			assert_memory_equal(got, want, sizeof want);
		}
	}
}

static void a_sender_has_a_key_for_each(void **unused)
{
	enum { N = 100 };
	static uint8_t private_keys[N][32], public_keys[N][32], own[N][32], own_want[32];
	const uint8_t *ephemeral[N], *peers[N];
	struct x25519_shared got[N], want;
	uint64_t random = 9;

	(void)unused;
	fill(private_keys[0], sizeof private_keys, &random);
	fill(public_keys[0], sizeof public_keys, &random);
	memset(public_keys[7], 0, sizeof public_keys[7]);
	for (size_t i = 0; i < N; i++) {
		ephemeral[i] = private_keys[i];
		peers[i] = public_keys[i];
	}
	for (size_t n = 0; n <= N; n += n < 4 ? 1 : 31) {
		memset(got, 0xa5, sizeof got);
		ASSERT_OK(x25519_ephemeral(own, got, ephemeral, peers, n));
		for (size_t i = 0; i < n; i++) {
			want = openssl(private_keys[i], public_keys[i]);
			assert_memory_equal(&got[i], &want, sizeof want);
			ASSERT_OK(x25519_public(own_want, private_keys[i]));
			assert_memory_equal(own[i], own_want, sizeof own_want);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_is_here),	       cmocka_unit_test(self_test_finds_every_wrong_lane),
		cmocka_unit_test(iterates_as_the_rfc),	       cmocka_unit_test(takes_the_edges),
		cmocka_unit_test(takes_any_number_of_keys),    cmocka_unit_test(agrees_with_openssl_on_random_keys),
		cmocka_unit_test(a_sender_has_a_key_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
