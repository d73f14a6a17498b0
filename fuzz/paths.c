/* paths: a batch id becomes a directory's name and is found again in it; a name that a stranger gave is taken for a
 * batch only if a second reading of its escapes says so; and a listing with such a name counts its part once, or not at
 * all.
 *
 * Input: length of the batch id (1), the batch id, and the directory's name behind "batch_id=". */
#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "pipeline/paths.h"
#include "pipeline/plan.h"
#include "base/utf8.h"

enum { NAME_BYTES_MAX = 255 };

static int digit(uint8_t c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 'a' - 'A' : c);

	return found == NULL ? -1 : (int)(found - digits);
}

static size_t unescape(uint8_t *out, struct prio_bytes text)
{
	size_t n = 0;

	while (text.n > 0) {
		bool is_escape = text.n >= 3 && text.p[0] == '%' && digit(text.p[1]) >= 0 && digit(text.p[2]) >= 0;
		size_t taken = is_escape ? 3 : 1;

		out[n++] = (uint8_t)(is_escape ? digit(text.p[1]) << 4 | digit(text.p[2]) : text.p[0]);
		text = (struct prio_bytes){text.p + taken, text.n - taken};
	}
	return n;
}

static void check_own(struct prio_bytes id)
{
	struct prio_error error = {PRIO_OK, ""};
	struct path path;
	bool exact;
	enum prio_status status = path_batch(&path, id, &error);

	if (status != PRIO_OK) {
		FUZZ_CHECK(status == PRIO_ERR_CONFIG && 9 + 3 * id.n > NAME_BYTES_MAX);
		fuzz_check_error(status, &error);
		return;
	}
	fuzz_check_printable(path.text);
	FUZZ_CHECK(strncmp(path.text, "batch_id=", 9) == 0 && strchr(path.text, '/') == NULL);
	FUZZ_OK(store_key_check(path.text, NULL));
	FUZZ_CHECK(path_is_batch(path.text, strlen(path.text), id, &exact));
	FUZZ_CHECK(exact == fuzz_same(fuzz_text(path.text + 9), id));
	if (id.n > 0)
		FUZZ_CHECK(!path_is_batch(path.text, strlen(path.text), (struct prio_bytes){id.p, id.n - 1}, &exact));
}

static void check_stranger(struct prio_bytes name, struct prio_bytes id)
{
	struct prio_mut directory = {malloc(9 + name.n), 9 + name.n}, plain = {malloc(name.n + 1), 0};
	bool exact, found;

	FUZZ_CHECK(directory.p != NULL && plain.p != NULL);
	memcpy(directory.p, "batch_id=", 9);
	if (name.n > 0)
		memcpy(directory.p + 9, name.p, name.n);
	plain.n = unescape(plain.p, name);
	found = path_is_batch((const char *)directory.p, directory.n, id, &exact);
	FUZZ_CHECK(exact == fuzz_same(name, id));
	FUZZ_CHECK(found == (exact || fuzz_same(prio_bytes_of(plain), id)));
	for (size_t i = 0; i < 9; i++)
		FUZZ_CHECK(!path_is_batch((const char *)directory.p, i, id, &exact));
	free(plain.p);
	free(directory.p);
}

/* Two batches, so that a name may be one's as it is and the other's as it is unescaped. */
static void check_listing(struct prio_bytes name, const char *id)
{
	static char other[] = "a%41";
	uint8_t plain[NAME_BYTES_MAX + 1];
	struct batch_config batches[2] = {{.batch_id = other, .params.batch_id = fuzz_text(other)},
					  {.params.batch_id = fuzz_text(id)}};
	const struct data_config config = {batches, 2};
	struct store *store = memory_store();
	struct plan plans[2];
	char key[NAME_BYTES_MAX + 64];
	size_t n_plain = unescape(plain, name);
	struct prio_error error = {PRIO_OK, ""};

	snprintf(key, sizeof key, "raw/batch_id=%.*s/part", (int)name.n, (const char *)name.p);
	memory_store_put(store, key, fuzz_text("x\n"));
	enum prio_status status = plans_list(plans, &config, store, "raw", NULL, &error);
	bool is_named = false;
	for (size_t i = 0; i < 2; i++) {
		bool exact;

		is_named = is_named || path_is_batch(key + 4, strlen(key) - 9, batches[i].params.batch_id, &exact);
	}
	/* What the journal could not name is refused, but only if it is a part of a batch. */
	if (is_named && !utf8_is_valid(fuzz_text(key))) {
		FUZZ_CHECK(status == PRIO_ERR_CONFIG);
		fuzz_check_error(status, &error);
		store_free(store);
		return;
	}
	FUZZ_CHECK(status == PRIO_OK);
	for (size_t i = 0; i < 2; i++) {
		struct prio_bytes own = batches[i].params.batch_id, its = batches[1 - i].params.batch_id;
		bool want = fuzz_same(name, own) ||
			    (!fuzz_same(name, its) && fuzz_same((struct prio_bytes){plain, n_plain}, own));

		if (!fuzz_same(own, its))
			FUZZ_CHECK((plans[i].n_parts == 1) == want);
		FUZZ_CHECK(plans[i].n_parts == 0 || strcmp(plans[i].parts[0].key, key) == 0);
		FUZZ_OK(plan_cut(&plans[i], 1, NULL));
		FUZZ_CHECK(plans[i].n_inputs == 2 * plans[i].n_parts);
	}
	FUZZ_CHECK(plans[0].n_parts + plans[1].n_parts <= 1);
	plan_clear(&plans[0]);
	plan_clear(&plans[1]);
	store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n}, id;
	char id_text[257];

	id.n = fuzz_byte(&in);
	id.n = id.n < in.n ? id.n : in.n;
	id.p = in.p;
	in = (struct prio_bytes){in.p + id.n, in.n - id.n};
	struct prio_mut copies[2] = {fuzz_copy(id), fuzz_copy(in)};
	check_own(prio_bytes_of(copies[0]));
	check_own(prio_bytes_of(copies[1]));
	check_stranger(prio_bytes_of(copies[1]), prio_bytes_of(copies[0]));
	snprintf(id_text, sizeof id_text, "%.*s", (int)id.n, (const char *)copies[0].p);
	bool is_name = in.n > 0 && in.n < NAME_BYTES_MAX && memchr(in.p, '\0', in.n) == NULL &&
		       memchr(in.p, '/', in.n) == NULL;
	if (is_name && id_text[0] != '\0')
		check_listing(prio_bytes_of(copies[1]), id_text);
	free(copies[0].p);
	free(copies[1].p);
	return 0;
}
