/* base64: the fast reader, the careful one, and a third one here that reads a character at a time and knows no groups;
 * in place and not; and back again. */
#include "fuzz/harness/fuzz.h"
#include "record/base64.h"
#include "record/kernels.h"

/* RFC 4648 with white space and without some of the padding: six bits a digit, whole bytes count. Returns whether it is
 * base64, and the bytes in out. */
static bool read_slowly(struct prio_mut *out, struct prio_bytes text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n_digits = 0, n_padding = 0;
	uint32_t bits = 0;

	out->n = 0;
	for (size_t i = 0; i < text.n; i++) {
		const char *digit = text.p[i] != '\0' ? strchr(alphabet, text.p[i]) : NULL;

		if (text.p[i] != '\0' && strchr(" \t\r\n", text.p[i]) != NULL)
			continue;
		if (text.p[i] == '=') {
			n_padding++;
			continue;
		}
		if (digit == NULL || n_padding > 0)
			return false;
		bits = bits << 6 | (uint32_t)(digit - alphabet);
		if (n_digits++ % 4 != 0)
			out->p[out->n++] = (uint8_t)(bits >> (2 * (3 - (n_digits - 1) % 4)));
	}
	return n_digits % 4 != 1 && n_padding <= (n_digits % 4 == 0 ? 0 : 4 - n_digits % 4);
}

static void check_decoding(struct prio_bytes text)
{
	size_t room = base64_decoded_max(text.n);
	struct prio_mut decoded = {malloc(room), room}, slow = {malloc(room), room},
			in_place = {malloc(room + text.n), room};
	struct prio_mut copy = fuzz_copy(text);

	FUZZ_CHECK(decoded.p != NULL && slow.p != NULL && in_place.p != NULL);
	bool good = base64_decode(&decoded, prio_bytes_of(copy)) == PRIO_OK;
	FUZZ_CHECK(good == read_slowly(&slow, text));
	if (text.n > 0)
		memcpy(in_place.p, text.p, text.n);
	FUZZ_CHECK(good == (base64_decode(&in_place, (struct prio_bytes){in_place.p, text.n}) == PRIO_OK));
	if (good) {
		FUZZ_CHECK(fuzz_same(prio_bytes_of(decoded), prio_bytes_of(slow)));
		FUZZ_CHECK(fuzz_same(prio_bytes_of(decoded), prio_bytes_of(in_place)));
	}

	/* The kernel may stop early, but what it took must be right. */
	struct prio_mut strict = {malloc(text.n / 4 * 3 + 1), 0};
	FUZZ_CHECK(strict.p != NULL);
	size_t n_taken = base64_decode_strict(strict.p, prio_bytes_of(copy));
	FUZZ_CHECK(n_taken % 4 == 0 && n_taken <= text.n);
	FUZZ_CHECK(read_slowly(&slow, (struct prio_bytes){text.p, n_taken}));
	FUZZ_CHECK(slow.n == n_taken / 4 * 3 && memcmp(slow.p, strict.p, slow.n) == 0);

	free(strict.p);
	free(copy.p);
	free(in_place.p);
	free(slow.p);
	free(decoded.p);
}

static void check_round_trip(struct prio_bytes bytes)
{
	size_t n_text = base64_encoded_bytes(bytes.n);
	struct prio_mut text = {malloc(n_text + 1), n_text},
			back = {malloc(base64_decoded_max(n_text)), base64_decoded_max(n_text)};
	struct prio_mut copy = fuzz_copy(bytes);

	FUZZ_CHECK(text.p != NULL && back.p != NULL);
	text.p[n_text] = '!';
	base64_encode(text.p, prio_bytes_of(copy));
	FUZZ_CHECK(text.p[n_text] == '!');
	FUZZ_OK(base64_decode(&back, prio_bytes_of(text)));
	FUZZ_CHECK(fuzz_same(prio_bytes_of(back), bytes));
	free(copy.p);
	free(back.p);
	free(text.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};

	check_decoding(in);
	check_round_trip(in);
	return 0;
}
