/* The generator against its description, byte by byte, and its stream against the AES of the GCM specification. */
#include "tests/unit/cmocka_all.h"

#include "prio1/prg/prg.h"

static const uint8_t seed[PRG_SEED_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const struct prio_bytes batch = {(const uint8_t *)"test", 4};

static void start(struct prg *prg)
{
	ASSERT_OK(prg_init(prg));
	ASSERT_OK(prg_seed(prg, seed, batch, PRIO_PRG_BATCH));
}

/* FORMAT.md 4 as it stands there, from single bytes. */
static u128 plain_draw(struct prg *bytes, u128 m)
{
	size_t n = 1;
	uint8_t draw[17], mask = 0;
	u128 x;

	while (n < 16 && (m - 1) >> (8 * n) != 0)
		n++;
	while (mask < (uint8_t)((m - 1) >> (8 * (n - 1))))
		mask = (uint8_t)(2 * mask + 1);
	do {
		for (size_t i = 0; i <= n; i++)
			ASSERT_OK(prg_bytes(bytes, draw + i, 1));
		draw[0] = draw[n] & mask;
		x = 0;
		for (size_t i = 0; i < n; i++)
			x = 256 * x + draw[i];
	} while (x >= m);
	return x;
}

/* Legacy rule, seed zero: the key is zero. E(0, 0) and E(0, 1) stand in the GCM specification's first test cases, up to the
 * place of the 1. */
static void stream_is_aes_ctr(void **unused)
{
	static const uint8_t zeros[PRG_SEED_BYTES];
	struct prg prg;
	uint8_t stream[32], again[32];

	(void)unused;
	ASSERT_OK(prg_init(&prg));
	ASSERT_OK(prg_seed(&prg, zeros, batch, PRIO_PRG_LEGACY));
	ASSERT_OK(prg_bytes(&prg, stream, sizeof stream));
	assert_bytes(stream, "66e94bd4ef8a2c3b884cfa59ca342b2e58e2fccefa7e3061367f1d57a4e7455a");

	/* Seeding again begins anew; a wiped stream does too. */
	ASSERT_OK(prg_seed(&prg, seed, batch, PRIO_PRG_LEGACY));
	prg_wipe(&prg);
	ASSERT_OK(prg_seed(&prg, zeros, batch, PRIO_PRG_LEGACY));
	ASSERT_OK(prg_bytes(&prg, again, sizeof again));
	assert_memory_equal(stream, again, sizeof stream);
	prg_clear(&prg);
}

/* key = first half of SHA-256(seed || batch id), which is the same as the legacy rule with that key as its seed. */
static void batch_rule_hashes_the_batch_id(void **unused)
{
	const struct prio_bytes ids[] = {{(const uint8_t *)"test", 4}, {(const uint8_t *)"test\0", 5}, {NULL, 0}};
	uint8_t streams[COUNT_OF(ids)][16];
	struct prg prg;

	(void)unused;
	ASSERT_OK(prg_init(&prg));
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		uint8_t message[21], digest[SHA256_BYTES], want[16];

		memcpy(message, seed, 16);
		if (ids[i].n > 0)
			memcpy(message + 16, ids[i].p, ids[i].n);
		ASSERT_OK(sha256(digest, (struct prio_bytes){message, 16 + ids[i].n}));
		ASSERT_OK(prg_seed(&prg, digest, batch, PRIO_PRG_LEGACY));
		ASSERT_OK(prg_bytes(&prg, want, sizeof want));

		ASSERT_OK(prg_seed(&prg, seed, ids[i], PRIO_PRG_BATCH));
		ASSERT_OK(prg_bytes(&prg, streams[i], sizeof streams[i]));
		assert_memory_equal(streams[i], want, sizeof want);
	}
	assert_memory_not_equal(streams[0], streams[1], 16);
	assert_memory_not_equal(streams[0], streams[2], 16);
	prg_clear(&prg);
}

static void draws_as_described(void **unused)
{
	static const u128 limits[] = {FIELD_P, FIELD_P - 2002, 2, 3, 255, 256, 257, 65535, 65536, 65537, (u128)1 << 80,
				      ((u128)1 << 80) + 1, (u128)1 << 119, (u128)1 << 120, ((u128)1 << 64) - 59};
	struct prg draws, bytes;

	(void)unused;
	start(&draws);
	start(&bytes);
	/* Lengths of all kinds one after another, over several pieces, so that draws straddle their borders. */
	for (size_t i = 0; i < 5000; i++) {
		u128 m = limits[i % COUNT_OF(limits)], x;

		ASSERT_OK(prg_below(&draws, m, &x));
		assert_true(x < m);
		assert_true(x == plain_draw(&bytes, m));
	}
	prg_clear(&draws);
	prg_clear(&bytes);
}

/* m = 1 has its own quirk: no mask, so it draws until a byte is zero. */
static void below_one_is_zero(void **unused)
{
	struct prg draws, bytes;
	uint8_t two[2], next_draw, next_byte;
	u128 x;

	(void)unused;
	start(&draws);
	start(&bytes);
	ASSERT_OK(prg_below(&draws, 1, &x));
	assert_true(x == 0);
	do
		ASSERT_OK(prg_bytes(&bytes, two, 2));
	while (two[1] != 0);
	ASSERT_OK(prg_bytes(&draws, &next_draw, 1));
	ASSERT_OK(prg_bytes(&bytes, &next_byte, 1));
	assert_int_equal(next_draw, next_byte);
	prg_clear(&draws);
	prg_clear(&bytes);
}

/* Filling is drawing, wherever in the stream it starts, and leaves the stream where drawing would. */
static void fills_like_it_draws(void **unused)
{
	static const size_t sizes[] = {0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 2000, 5000};
	enum { ROOM = 5000 };
	struct field_vector out;
	struct prg fills, draws;
	uint8_t skipped[13], one, other;

	(void)unused;
	start(&fills);
	start(&draws);
	ASSERT_OK(field_vector_init(&out, ROOM));
	for (size_t s = 0; s < COUNT_OF(sizes); s++) {
		for (size_t skip = 0; skip < sizeof skipped; skip += 3) {
			ASSERT_OK(prg_bytes(&fills, skipped, skip));
			ASSERT_OK(prg_bytes(&draws, skipped, skip));
			ASSERT_OK(prg_fill(&fills, &out, sizes[s]));
			for (size_t i = 0; i < sizes[s]; i++) {
				u128 x;

				ASSERT_OK(prg_below_p(&draws, &x));
				assert_true(x == field_vector_get(&out, i));
			}
			ASSERT_OK(prg_bytes(&fills, &one, 1));
			ASSERT_OK(prg_bytes(&draws, &other, 1));
			assert_int_equal(one, other);
		}
	}
	field_vector_clear(&out, ROOM);
	prg_clear(&fills);
	prg_clear(&draws);
}

/* Values at or above p are so rare above 2^87 that no stream shows them; those below 2^87 + 2^19 + 1 must pass. The stream is
 * put in by hand. */
static void accepts_exactly_what_is_below_p(void **unused)
{
	static const struct {
		const char *draw; /* first byte is thrown away, last is the top byte */
		bool accepted;
	} tries[] = {
		{"ff00000000000000080080" "00", true},  /* small */
		{"ff00000000000000080000" "80", true},  /* p - 1 */
		{"0000000000000000080001" "80", false}, /* p */
		{"0000000000000000080002" "80", false},
		{"0000000000000001000000" "80", false},
		{"00ffffffffffffffffffff" "7f", true},  /* 2^87 - 1 */
		{"0000000000000000000000" "80", true},  /* 2^87 */
		{"0001000000000000000000" "80", false},
		{"00ffffffffffffffffffff" "ff", false},
		{"8000000000000000000000" "00", true},  /* zero */
	};
	struct field_vector out;
	struct prg prg;
	size_t n = 0, got = 0;

	(void)unused;
	start(&prg);
	ASSERT_OK(field_vector_init(&out, COUNT_OF(tries)));
	for (size_t i = 0; i < COUNT_OF(tries); i++) {
		assert_int_equal(unhex(prg.stream + i * PRG_DRAW_BYTES, tries[i].draw), PRG_DRAW_BYTES);
		n += tries[i].accepted;
	}
	prg.at = 0;
	prg.end = COUNT_OF(tries) * PRG_DRAW_BYTES;
	ASSERT_OK(prg_fill(&prg, &out, n));
	for (size_t i = 0; i < COUNT_OF(tries); i++) {
		uint8_t want[12];
		u128 x;

		if (!tries[i].accepted)
			continue;
		unhex(want, tries[i].draw);
		want[0] = want[11];
		assert_true(field_from_bytes(&x, want));
		assert_true(field_vector_get(&out, got++) == x);
	}
	field_vector_clear(&out, COUNT_OF(tries));
	prg_clear(&prg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stream_is_aes_ctr),   cmocka_unit_test(batch_rule_hashes_the_batch_id),
		cmocka_unit_test(draws_as_described),  cmocka_unit_test(below_one_is_zero),
		cmocka_unit_test(fills_like_it_draws), cmocka_unit_test(accepts_exactly_what_is_below_p),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
