/* Running sums, settling, totals, publishing. Sums are set by their stored form, so that any value can be tried. */
#include "tests/unit/cmocka_all.h"

#include "base/ct.h"
#include "prio/total.h"
#include "prio1/field/accumulate.h"
#include "prio1/sum.h"

enum { N = 4, SUM_BYTES = 8 + N * FIELD_BYTES };

static const struct prio_params usual = {.batch_id = {(const uint8_t *)"batch", 5}, .n_data = N};

static struct prio_batch *batch_of(const struct prio_params *params, enum prio_server_id server)
{
	static const struct prio_private_key key = {{1}, {{0}}};
	static const struct prio_shared_secret secret = {{2}};
	struct prio_batch *batch;

	ASSERT_OK(prio_batch_new(&batch, params, server, &key, &secret, NULL));
	return batch;
}

/* A sum of count shares with these values. */
static struct prio_tentative *sum_of(const struct prio_params *params, enum prio_server_id server, uint64_t count,
				     const u128 *values)
{
	struct prio_batch *batch = batch_of(params, server);
	struct prio_tentative *sum;
	size_t n = 8 + params->n_data * FIELD_BYTES;
	uint8_t *bytes = malloc(n);

	assert_non_null(bytes);
	ASSERT_OK(prio_tentative_new(&sum, batch));
	assert_int_equal(prio_tentative_bytes(sum), n);
	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(count >> (56 - 8 * i));
	for (size_t i = 0; i < params->n_data; i++)
		field_to_bytes(bytes + 8 + i * FIELD_BYTES, values[i]);
	ASSERT_OK(prio_tentative_read(sum, (struct prio_bytes){bytes, n}));
	free(bytes);
	prio_batch_free(batch);
	return sum;
}

static void assert_sum(const struct prio_tentative *sum, uint64_t count, const u128 *values)
{
	uint8_t bytes[SUM_BYTES];

	assert_true(prio_tentative_count(sum) == count);
	prio_tentative_write(sum, (struct prio_mut){bytes, sizeof bytes});
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(bytes[i], (uint8_t)(count >> (56 - 8 * i)));
	for (size_t i = 0; i < N; i++) {
		u128 x;

		assert_true(field_from_bytes(&x, bytes + 8 + i * FIELD_BYTES));
		assert_true(x == values[i]);
	}
}

static void add_subtract_write_read(void **unused)
{
	const u128 a[N] = {1, FIELD_P - 1, (u128)1 << 87, 0}, b[N] = {2, FIELD_P - 1, (u128)1 << 87, 5};
	const u128 both[N] = {3, FIELD_P - 2, field_add((u128)1 << 87, (u128)1 << 87), 5};
	const u128 zero[N] = {0}, negative[N] = {FIELD_P - 1, 0, 0, FIELD_P - 5};
	const u128 doubled[N] = {2, FIELD_P - 2, field_add((u128)1 << 87, (u128)1 << 87), 0};
	struct prio_tentative *sum = sum_of(&usual, PRIO_SERVER_A, 3, a), *other = sum_of(&usual, PRIO_SERVER_A, 4, b);

	(void)unused;
	assert_sum(sum, 3, a);
	ASSERT_OK(prio_tentative_add(sum, other));
	assert_sum(sum, 7, both);
	assert_sum(other, 4, b);
	ASSERT_OK(prio_tentative_subtract(sum, other));
	assert_sum(sum, 3, a);
	ASSERT_STATUS("more than there are", prio_tentative_subtract(sum, other), PRIO_ERR_MISMATCH);
	assert_sum(sum, 3, a);

	/* With itself. */
	ASSERT_OK(prio_tentative_add(sum, sum));
	assert_sum(sum, 6, doubled);
	ASSERT_OK(prio_tentative_subtract(sum, sum));
	assert_sum(sum, 0, zero);

	/* As many shares, other values: below zero is modulo p. */
	prio_tentative_free(sum);
	sum = sum_of(&usual, PRIO_SERVER_A, 4, (const u128[N]){1, FIELD_P - 1, (u128)1 << 87, 0});
	ASSERT_OK(prio_tentative_subtract(sum, other));
	assert_sum(sum, 0, negative);
	prio_tentative_free(sum);
	prio_tentative_free(other);
	prio_tentative_free(NULL);
}

/* Shares that are taken one by one stay unreduced for long; whatever is then done with them sees elements. */
static void taken_shares(void **unused)
{
	const u128 ones[N] = {1, 1, 1, 1};
	struct prio_batch *batch = batch_of(&usual, PRIO_SERVER_B);
	struct prio_tentative *sum, *other = sum_of(&usual, PRIO_SERVER_B, 1, ones);
	struct field_vector data;
	u128 wants[N], values[N] = {FIELD_P - 1, (u128)1 << 87, 1, UINT64_MAX};

	(void)unused;
	ASSERT_OK(prio_tentative_new(&sum, batch));
	ASSERT_OK(field_vector_init(&data, N));
	for (size_t i = 0; i < N; i++)
		field_vector_set(&data, i, values[i]);
	for (size_t taken = 1; taken <= 100; taken++) {
		sum_take(sum, &data);
		for (size_t i = 0; i < N; i++)
			wants[i] = field_mul(values[i], taken);
		assert_sum(sum, taken, wants);
	}

	for (size_t i = 0; i < N; i++)
		wants[i] = field_add(wants[i], 1);
	ASSERT_OK(prio_tentative_add(sum, other)); /* an unreduced one and a reduced one */
	assert_sum(sum, 101, wants);
	sum_take(sum, &data);
	ASSERT_OK(prio_tentative_add(other, sum)); /* and the other way round */
	for (size_t i = 0; i < N; i++)
		wants[i] = field_add(field_add(wants[i], values[i]), 1);
	assert_sum(other, 103, wants);

	/* At the border of what may stay unreduced. */
	sum->n_unreduced = FIELD_ACCUMULATE_MAX;
	sum_take(sum, &data);
	assert_int_equal(sum->n_unreduced, 1);
	field_vector_clear(&data, N);
	prio_tentative_free(sum);
	prio_tentative_free(other);
	prio_batch_free(batch);
}

static void different_sums_do_not_mix(void **unused)
{
	static const struct prio_params others[] = {
		{.batch_id = {(const uint8_t *)"batch", 5}, .n_data = N + 1},
		{.batch_id = {(const uint8_t *)"batch", 5}, .n_data = N, .precision = 2},
		{.batch_id = {(const uint8_t *)"batck", 5}, .n_data = N},
		{.batch_id = {(const uint8_t *)"batch", 4}, .n_data = N},
	};
	const u128 zeros[N + 1] = {0};
	struct prio_tentative *sum = sum_of(&usual, PRIO_SERVER_A, 5, zeros), *other;
	struct prio_total *total, *other_total;
	uint64_t sums[N];

	(void)unused;
	ASSERT_OK(prio_settle(&total, sum, 5));
	for (size_t i = 0; i <= COUNT_OF(others); i++) {
		/* Last: the other server's. */
		bool last = i == COUNT_OF(others);
		struct prio_error error;

		other = sum_of(last ? &usual : &others[i], last ? PRIO_SERVER_B : PRIO_SERVER_A, 1, zeros);
		ASSERT_STATUS("add", prio_tentative_add(sum, other), PRIO_ERR_MISMATCH);
		ASSERT_STATUS("subtract", prio_tentative_subtract(sum, other), PRIO_ERR_MISMATCH);
		ASSERT_OK(prio_settle(&other_total, other, 1));
		ASSERT_STATUS("merge", prio_total_merge(total, other_total), PRIO_ERR_MISMATCH);
		prio_total_free(other_total);
		prio_tentative_free(other);

		other = sum_of(last ? &usual : &others[i], last ? PRIO_SERVER_A : PRIO_SERVER_B, 5, zeros);
		ASSERT_OK(prio_settle(&other_total, other, 5));
		ASSERT_STATUS("publish", prio_publish(sums, total, other_total, &error), PRIO_ERR_MISMATCH);
		assert_int_equal(error.status, PRIO_ERR_MISMATCH);
		prio_total_free(other_total);
		prio_tentative_free(other);
	}

	other = sum_of(&usual, PRIO_SERVER_A, UINT64_MAX - 4, zeros);
	ASSERT_STATUS("counts that overflow", prio_tentative_add(sum, other), PRIO_ERR_MISMATCH);
	assert_int_equal(prio_tentative_count(sum), 5);
	prio_tentative_free(other);
	prio_total_free(total);
	prio_tentative_free(sum);
}

static void stored_form_is_checked(void **unused)
{
	const u128 values[N] = {1, 2, 3, 4}, zeros[N] = {0};
	struct prio_tentative *sum = sum_of(&usual, PRIO_SERVER_A, 7, values);
	uint8_t bytes[SUM_BYTES + 1] = {0};

	(void)unused;
	for (size_t n = 0; n <= sizeof bytes; n++) {
		if (n == SUM_BYTES)
			continue;
		ASSERT_STATUS("length", prio_tentative_read(sum, (struct prio_bytes){bytes, n}), PRIO_ERR_FORMAT);
		assert_sum(sum, 7, values);
	}
	unhex(bytes, "0000000000000007" "0000000000000000000001" "8000000000000000080001");
	ASSERT_STATUS("p", prio_tentative_read(sum, (struct prio_bytes){bytes, SUM_BYTES}), PRIO_ERR_FORMAT);
	assert_sum(sum, 0, zeros);

	/* Into too little or too much room nothing is written that could be taken for a sum. */
	memset(bytes, 0xff, sizeof bytes);
	prio_tentative_write(sum, (struct prio_mut){bytes, sizeof bytes});
	assert_true(ct_is_zero(bytes, sizeof bytes));
	prio_tentative_free(sum);
}

static void settles_only_what_is_whole(void **unused)
{
	const u128 values[N] = {1, 2, 3, 4};
	struct prio_tentative *sum = sum_of(&usual, PRIO_SERVER_A, 7, values);
	struct prio_total *total = NULL;

	(void)unused;
	ASSERT_STATUS("one more", prio_settle(&total, sum, 8), PRIO_ERR_UNSETTLED);
	assert_null(total);
	ASSERT_STATUS("one less", prio_settle(&total, sum, 6), PRIO_ERR_UNSETTLED);
	ASSERT_STATUS("none", prio_settle(&total, sum, 0), PRIO_ERR_UNSETTLED);
	ASSERT_OK(prio_settle(&total, sum, 7));
	assert_int_equal(prio_total_server(total), PRIO_SERVER_A);
	assert_int_equal(prio_total_fields(total), N);
	assert_sum(sum, 7, values);
	prio_total_free(total);
	prio_tentative_free(sum);
	prio_total_free(NULL);
}

static const struct {
	const char *what, *hex;
	bool partial;
	enum prio_status want;
	const char *again; /* written back; NULL: as it was */
} wires[] = {
	{"A", "00" "94" "a101a102a103a104", false, PRIO_OK, NULL},
	{"B", "01" "94" "a101a102a103a104", false, PRIO_OK, NULL},
	{"padded", "cc00" "dc0004" "a20001a102a103d90104" "c1", false, PRIO_OK, "0094a101a102a103a104"},
	{"partial", "94" "a101a102a103a104", true, PRIO_OK, NULL},
	{"partial, something behind", "94" "a101a102a103a104" "00", true, PRIO_OK, "94a101a102a103a104"},
	{"empty", "", false, PRIO_ERR_FORMAT, NULL},
	{"empty partial", "", true, PRIO_ERR_FORMAT, NULL},
	{"third server", "02" "94" "a101a102a103a104", false, PRIO_ERR_FORMAT, NULL},
	{"server -1", "ff" "94" "a101a102a103a104", false, PRIO_ERR_FORMAT, NULL},
	{"server 2^32", "cf0000000100000000" "94" "a101a102a103a104", false, PRIO_ERR_FORMAT, NULL},
	{"server 2^32 + 1", "cf0000000100000001" "94" "a101a102a103a104", false, PRIO_ERR_FORMAT, NULL},
	{"no server", "94" "a101a102a103a104", false, PRIO_ERR_FORMAT, NULL},
	{"server in a partial", "00" "94" "a101a102a103a104", true, PRIO_ERR_FORMAT, NULL},
	{"one less", "00" "93" "a101a102a103", false, PRIO_ERR_FORMAT, NULL},
	{"one more", "00" "95" "a101a102a103a104a105", false, PRIO_ERR_FORMAT, NULL},
	{"four billion", "00" "ddffffffff" "a101", false, PRIO_ERR_FORMAT, NULL},
	{"cut", "00" "94" "a101a102a103a2", false, PRIO_ERR_FORMAT, NULL},
	{"p", "00" "94" "a101a102ab8000000000000000080001a104", false, PRIO_ERR_FORMAT, NULL},
	{"empty element", "00" "94" "a101a102a103a0", false, PRIO_ERR_FORMAT, NULL},
	{"bin", "00" "94" "c40101a102a103a104", false, PRIO_ERR_FORMAT, NULL},
};

static void totals_on_the_wire(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT_OF(wires); i++) {
		uint8_t wire[64], back[64];
		struct prio_bytes in = {wire, unhex(wire, wires[i].hex)};
		struct prio_error error = {PRIO_OK, ""};
		struct prio_total *total;
		enum prio_status status = wires[i].partial
						  ? prio_total_read_partial(&total, &usual, PRIO_SERVER_B, in, &error)
						  : prio_total_read(&total, &usual, in, &error);

		ASSERT_STATUS(wires[i].what, status, wires[i].want);
		assert_int_equal(error.status, wires[i].want);
		assert_int_equal(total == NULL, wires[i].want != PRIO_OK);
		if (total == NULL)
			continue;

		const char *again = wires[i].again != NULL ? wires[i].again : wires[i].hex;
		struct prio_mut out = {back, sizeof back};
		ASSERT_OK(wires[i].partial ? prio_total_write_partial(total, &out) : prio_total_write(total, &out));
		assert_int_equal(out.n, strlen(again) / 2);
		assert_bytes(back, again);
		assert_true(out.n <= prio_total_bytes_max(total));
		out.n--;
		ASSERT_STATUS("no room", wires[i].partial ? prio_total_write_partial(total, &out) : prio_total_write(total, &out),
			      PRIO_ERR_ARGUMENT);
		prio_total_free(total);
	}

	struct prio_params forgeable = usual;
	struct prio_total *total;
	forgeable.n_data = 3;
	ASSERT_STATUS("params are checked",
		      prio_total_read(&total, &forgeable, (struct prio_bytes){(const uint8_t *)"\0\x93", 2}, NULL),
		      PRIO_ERR_FORGEABLE_SIZE);
}

/* Published values from A's and B's totals. */
static const struct {
	const char *what;
	u128 a, b;
	enum prio_status want;
	uint64_t sum;
} published[] = {
	{"small", 3, 4, PRIO_OK, 7},
	{"zero", 0, 0, PRIO_OK, 0},
	{"around p", FIELD_P - 5, 8, PRIO_OK, 3},
	{"exactly p", FIELD_P - 5, 5, PRIO_OK, 0},
	{"2^64 - 1", UINT64_MAX - 1, 1, PRIO_OK, UINT64_MAX},
	{"2^64", UINT64_MAX, 1, PRIO_ERR_OVERFLOW, 0},
	{"p - 1", FIELD_P - 1, 0, PRIO_ERR_OVERFLOW, 0},
	{"2^87", (u128)1 << 86, (u128)1 << 86, PRIO_ERR_OVERFLOW, 0},
};

static void publishes_what_fits(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT_OF(published); i++) {
		for (size_t place = 0; place < N; place++) {
			u128 a[N] = {1, 1, 1, 1}, b[N] = {2, 2, 2, 2};
			struct prio_total *totals[2];
			struct prio_tentative *sum;
			struct prio_error error = {PRIO_OK, ""};
			uint64_t sums[N];
			char number[24];

			a[place] = published[i].a;
			b[place] = published[i].b;
			sum = sum_of(&usual, PRIO_SERVER_A, 1, a);
			ASSERT_OK(prio_settle(&totals[0], sum, 1));
			prio_tentative_free(sum);
			sum = sum_of(&usual, PRIO_SERVER_B, 1, b);
			ASSERT_OK(prio_settle(&totals[1], sum, 1));
			prio_tentative_free(sum);

			ASSERT_STATUS(published[i].what, prio_publish(sums, totals[i % 2], totals[1 - i % 2], &error),
				      published[i].want);
			snprintf(number, sizeof number, "field %zu ", place);
			if (published[i].want == PRIO_OK)
				for (size_t j = 0; j < N; j++)
					assert_true(sums[j] == (j == place ? published[i].sum : 3));
			else
				assert_non_null(strstr(error.text, number));
			ASSERT_STATUS("A and A", prio_publish(sums, totals[0], totals[0], NULL), PRIO_ERR_MISMATCH);
			prio_total_free(totals[0]);
			prio_total_free(totals[1]);
		}
	}
}

static void merges(void **unused)
{
	struct prio_tentative *one = sum_of(&usual, PRIO_SERVER_A, 1, (const u128[N]){1, FIELD_P - 1, 5, 0});
	struct prio_tentative *other = sum_of(&usual, PRIO_SERVER_A, 2, (const u128[N]){2, FIELD_P - 1, FIELD_P - 5, 0});
	struct prio_total *total, *added;
	uint8_t wire[64];
	struct prio_mut out = {wire, sizeof wire};

	(void)unused;
	ASSERT_OK(prio_settle(&total, one, 1));
	ASSERT_OK(prio_settle(&added, other, 2));
	ASSERT_OK(prio_total_merge(total, added));
	ASSERT_OK(prio_total_write_partial(total, &out));
	assert_bytes(wire, "94a103ab800000000000000007ffffa100a100");
	assert_int_equal(out.n, 19);
	prio_total_free(total);
	prio_total_free(added);
	prio_tentative_free(one);
	prio_tentative_free(other);
}

/* Two integers of three bits: sums of bits 2, 1, 3 weigh 4, 2, 1. Shares go around p, and the sums do not mind. */
static void recombines_integers(void **unused)
{
	const struct prio_params params = {.batch_id = {(const uint8_t *)"batch", 5}, .n_data = 6, .precision = 3};
	const u128 a[6] = {FIELD_P - 1, 5, 1, 0, 0, (u128)1 << 87}, b[6] = {3, FIELD_P - 4, 2, 7, 0, field_neg((u128)1 << 87)};
	struct prio_tentative *sum_a = sum_of(&params, PRIO_SERVER_A, 3, a), *sum_b = sum_of(&params, PRIO_SERVER_B, 3, b);
	struct prio_total *total_a, *total_b, *bits;
	uint64_t sums[6];

	(void)unused;
	ASSERT_OK(prio_settle(&total_a, sum_a, 3));
	ASSERT_OK(prio_settle(&total_b, sum_b, 3));
	ASSERT_OK(prio_settle(&bits, sum_a, 3));
	ASSERT_OK(prio_publish(sums, total_a, total_b, NULL));
	assert_memory_equal(sums, ((const uint64_t[6]){2, 1, 3, 7, 0, 0}), sizeof sums);

	ASSERT_OK(prio_total_recombine(total_a));
	assert_int_equal(prio_total_fields(total_a), 2);
	ASSERT_STATUS("one recombined, one not", prio_publish(sums, total_a, total_b, NULL), PRIO_ERR_MISMATCH);
	ASSERT_STATUS("one recombined, one not", prio_total_merge(total_a, bits), PRIO_ERR_MISMATCH);
	ASSERT_STATUS("twice", prio_total_recombine(total_a), PRIO_ERR_CONFIG);
	ASSERT_OK(prio_total_recombine(total_b));
	ASSERT_OK(prio_publish(sums, total_a, total_b, NULL));
	assert_int_equal(sums[0], 2 * 4 + 1 * 2 + 3);
	assert_int_equal(sums[1], 7 * 4);
	prio_total_free(total_a);
	prio_total_free(total_b);
	prio_total_free(bits);
	prio_tentative_free(sum_a);
	prio_tentative_free(sum_b);

	struct prio_tentative *plain = sum_of(&usual, PRIO_SERVER_A, 1, (const u128[N]){0});
	ASSERT_OK(prio_settle(&total_a, plain, 1));
	ASSERT_STATUS("bits are no integers", prio_total_recombine(total_a), PRIO_ERR_CONFIG);
	prio_total_free(total_a);
	prio_tentative_free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_subtract_write_read),   cmocka_unit_test(taken_shares),
		cmocka_unit_test(different_sums_do_not_mix), cmocka_unit_test(stored_form_is_checked),
		cmocka_unit_test(settles_only_what_is_whole), cmocka_unit_test(totals_on_the_wire),
		cmocka_unit_test(publishes_what_fits),       cmocka_unit_test(merges),
		cmocka_unit_test(recombines_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
