/* share: what stands behind a valid seal. The plaintext is sealed here, so that the parser is reached, and its verdict
 * must be that of a second parser, written after FORMAT.md 3 and without a thought for speed.
 *
 * Input: server and number of fields (1), then the plaintext. */
#include "fuzz/harness/server.h"

#include "fuzz/harness/fuzz.h"
#include "prio1/field/field.h"
#include "prio1/params.h"
#include "prio1/seal/seal.h"

/* ---- The second parser ---- */

struct text {
	struct prio_bytes left;
	bool bad;
};

static uint64_t number(struct text *text, size_t n_bytes)
{
	uint64_t value = 0;

	if (text->left.n < n_bytes) {
		text->bad = true;
		return 0;
	}
	while (n_bytes-- > 0)
		value = value << 8 | fuzz_byte(&text->left);
	return value;
}

static struct prio_bytes str(struct text *text)
{
	uint64_t first = number(text, 1), n = 0;
	struct prio_bytes value = {text->left.p, 0};

	if (first >= 0xa0 && first <= 0xbf)
		n = first - 0xa0;
	else if (first >= 0xd9 && first <= 0xdb)
		n = number(text, (size_t)1 << (first - 0xd9));
	else
		text->bad = true;
	text->bad = text->bad || n > text->left.n;
	if (text->bad)
		return value;
	value = (struct prio_bytes){text->left.p, (size_t)n};
	text->left.p += value.n;
	text->left.n -= value.n;
	return value;
}

static uint64_t integer(struct text *text)
{
	uint64_t first = number(text, 1);

	if (first <= 0x7f)
		return first;
	if (first >= 0xe0)
		return UINT64_MAX;
	if (first >= 0xcc && first <= 0xcf)
		return number(text, (size_t)1 << (first - 0xcc));
	if (first < 0xd0 || first > 0xd3) {
		text->bad = true;
		return 0;
	}
	size_t n_bytes = (size_t)1 << (first - 0xd0);
	uint64_t value = number(text, n_bytes);
	return value >> (8 * n_bytes - 1) == 0 ? value : UINT64_MAX;
}

static uint64_t array(struct text *text)
{
	uint64_t first = number(text, 1);

	if (first >= 0x90 && first <= 0x9f)
		return first - 0x90;
	if (first == 0xdc || first == 0xdd)
		return number(text, first == 0xdc ? 2 : 4);
	text->bad = true;
	return 0;
}

static u128 element(struct text *text, bool *in_field)
{
	struct prio_bytes bytes = str(text);
	u128 value = 0;
	bool fits = bytes.n > 0;

	for (size_t i = 0; i < bytes.n; i++) {
		fits = fits && value >> 120 == 0;
		value = value << 8 | bytes.p[i];
	}
	*in_field = *in_field && fits && value < FIELD_P;
	return value;
}

/* One array: its elements, and whether there are as many as there should be. */
static enum prio_status elements(struct text *text, uint64_t wanted, bool *right_length, u128 *values)
{
	uint64_t n = array(text);
	bool in_field = true;

	*right_length = *right_length && n == wanted;
	for (uint64_t i = 0; i < n && !text->bad; i++) {
		u128 x = element(text, &in_field);

		if (n == wanted && values != NULL)
			values[i] = x;
	}
	return text->bad ? PRIO_REFUSED_BAD_STRUCTURE : in_field ? PRIO_OK : PRIO_REFUSED_NOT_IN_FIELD;
}

static enum prio_status parse(struct text *text, enum prio_server_id server, uint32_t n_data, u128 head[6],
			      u128 *values)
{
	struct prio_bytes batch_id = str(text);
	bool in_field = true, right_length = true;
	enum prio_status status;

	if (text->bad)
		return PRIO_REFUSED_BAD_STRUCTURE;
	if (!fuzz_same(batch_id, fuzz_text(FUZZ_BATCH_ID)))
		return PRIO_REFUSED_OTHER_BATCH;
	for (int i = 0; i < 6; i++) {
		head[i] = element(text, &in_field);
		if (text->bad || !in_field)
			return text->bad ? PRIO_REFUSED_BAD_STRUCTURE : PRIO_REFUSED_NOT_IN_FIELD;
	}
	uint64_t number_of_server = integer(text);
	if (text->bad || number_of_server != (uint64_t)server)
		return text->bad ? PRIO_REFUSED_BAD_STRUCTURE : PRIO_REFUSED_OTHER_SERVER;
	if (server == PRIO_SERVER_B)
		return str(text).n == 16 && !text->bad ? PRIO_OK : PRIO_REFUSED_BAD_STRUCTURE;
	status = elements(text, n_data, &right_length, values);
	if (status == PRIO_OK)
		status = elements(text, params_points(n_data), &right_length, NULL);
	return status == PRIO_OK && !right_length ? PRIO_REFUSED_WRONG_LENGTH : status;
}

/* ---- The comparison ---- */

static void check_element(const uint8_t *bytes, u128 want)
{
	u128 got;

	FUZZ_CHECK(field_from_bytes(&got, bytes) && got == want);
}

static void check_sum(const struct prio_tentative *sum, enum prio_status verdict, uint32_t n_data, const u128 *values)
{
	struct prio_mut bytes = {malloc(prio_tentative_bytes(sum)), prio_tentative_bytes(sum)};

	FUZZ_CHECK(bytes.p != NULL && bytes.n == 8 + (size_t)n_data * FIELD_BYTES);
	FUZZ_CHECK(prio_tentative_count(sum) == (verdict == PRIO_OK));
	prio_tentative_write(sum, bytes);
	for (uint32_t i = 0; values != NULL && i < n_data; i++)
		check_element(bytes.p + 8 + (size_t)i * FIELD_BYTES, verdict == PRIO_OK ? values[i] : 0);
	free(bytes.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	uint8_t choice = fuzz_byte(&in);
	enum prio_server_id id = choice & 1 ? PRIO_SERVER_B : PRIO_SERVER_A;
	uint32_t n_data = 1 + choice / 2 % FUZZ_N_DATA_MAX;
	const struct fuzz_server *server = fuzz_server(id, n_data);
	struct prio_mut sealed = fuzz_seal(in, server), copy = fuzz_copy(prio_bytes_of(sealed));
	enum prio_status verdict = PRIO_ERR_INTERNAL, again = PRIO_ERR_INTERNAL;
	struct prio_tentative *sums[2];
	struct prio_verify1_packet packet, sent;
	struct prio_state state;
	u128 head[6] = {0}, values[FUZZ_N_DATA_MAX] = {0};
	struct text text = {in, false};

	enum prio_status want = parse(&text, id, n_data, head, values);
	FUZZ_OK(prio_tentative_new(&sums[0], server->batch));
	FUZZ_OK(prio_tentative_new(&sums[1], server->batch));
	FUZZ_OK(prio_verify1_many(server->batch, server->query, server->workspace, &sealed, 1, &verdict, &packet,
				  &state, sums[0]));
	FUZZ_OK(prio_sum_many(server->batch, server->workspace, &copy, 1, &again, sums[1]));
	FUZZ_CHECK(verdict == want && again == want);
	if (verdict == PRIO_OK) {
		for (int i = 0; i < 3; i++) /* a, b, c */
			check_element(state.bytes + i * FIELD_BYTES, head[i]);
		FUZZ_OK(prio_state_packet(&sent, &state));
		FUZZ_CHECK(memcmp(&sent, &packet, sizeof sent) == 0);
	}
	check_sum(sums[0], verdict, n_data, id == PRIO_SERVER_A ? values : NULL);
	FUZZ_OK(prio_tentative_subtract(sums[0], sums[1])); /* both added up the same, so nothing is left */
	check_sum(sums[0], PRIO_REFUSED_BAD_STRUCTURE, n_data, values);
	for (size_t i = SEAL_TEXT_AT; i < sealed.n - SEAL_TAG_BYTES; i++)
		FUZZ_CHECK(sealed.p[i] == 0 && copy.p[i] == 0); /* no plaintext stays */
	prio_tentative_free(sums[0]);
	prio_tentative_free(sums[1]);
	free(copy.p);
	free(sealed.p);
	return 0;
}
