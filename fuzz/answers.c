/* answers: what stands behind the seal of a stored list of answers. Each that is read fits its packets, and all of them
 * written again are the same bytes.
 *
 * Input: the plaintext. */
#include "fuzz/harness/run.h"

#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "pipeline/answers.h"
#include "pipeline/journal.h"
#include "pipeline/sealed_file.h"
#include "crypt/sha256.h"

enum { ANSWER_BYTES = 8 + 1 + PRIO_VERIFY1_BYTES_MAX + 1 + PRIO_VERIFY2_BYTES_MAX, END_BYTES = 8 };

static struct path key;

/* The seal of FORMAT.md 9.7. */
static struct sealed_binding binding_of(const struct fuzz_run *made)
{
	struct sealed_binding binding = {
		{made->settings.key.bytes, sizeof made->settings.key.bytes}, "prio-processor answers", {0}};
	uint8_t text[sizeof made->batch.commitment + sizeof key.text];

	memcpy(text, made->batch.commitment, sizeof made->batch.commitment);
	memcpy(text + sizeof made->batch.commitment, key.text, strlen(key.text));
	FUZZ_OK(sha256(binding.digest, (struct prio_bytes){text, sizeof made->batch.commitment + strlen(key.text)}));
	return binding;
}

static void seal(struct fuzz_run *made, struct prio_bytes plaintext)
{
	const struct sealed_binding binding = binding_of(made);
	struct sealed_writer *writer;

	FUZZ_OK(sealed_writer_new(&writer, made->run.own, key.text, SEALED_DURABLE, &binding, NULL));
	FUZZ_OK(sealed_append(writer, plaintext.p, plaintext.n, NULL));
	FUZZ_OK(sealed_commit(writer, NULL));
}

static void check_same(struct fuzz_run *made, struct prio_bytes plaintext)
{
	const struct sealed_binding binding = binding_of(made);
	struct sealed_reader *reader;
	uint8_t *bytes = malloc(plaintext.n + 1);

	FUZZ_CHECK(bytes != NULL);
	FUZZ_OK(sealed_reader_new(&reader, made->run.own, key.text, &binding, NULL));
	FUZZ_OK(sealed_read(reader, bytes, plaintext.n, NULL));
	FUZZ_OK(sealed_at_end(reader, NULL));
	FUZZ_CHECK(memcmp(bytes, plaintext.p, plaintext.n) == 0);
	sealed_reader_free(reader);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	struct prio_error error = {PRIO_OK, ""};
	struct answers_reader *reader;
	struct answers_writer *writer;
	struct answer answer;
	struct fuzz_run made;
	size_t n_read = 0;

	fuzz_run_init(&made);
	FUZZ_OK(journal_key(&made.run, made.batch.directory.text, "answers", &key, NULL));
	seal(&made, in);
	FUZZ_OK(answers_open(&reader, &made.run, &made.batch, NULL));
	FUZZ_CHECK(reader != NULL);
	FUZZ_OK(answers_create(&writer, &made.run, &made.batch, NULL));
	enum prio_status status;
	while ((status = answers_next(reader, &answer, &error)) == PRIO_OK && answer.record != UINT64_MAX) {
		FUZZ_CHECK(answer.partner.n_bytes <= PRIO_VERIFY1_BYTES_MAX &&
			   answer.own.n_bytes <= PRIO_VERIFY2_BYTES_MAX);
		FUZZ_OK(answers_add(writer, &answer, NULL));
		n_read++;
	}
	FUZZ_CHECK(n_read <= in.n / ANSWER_BYTES);
	answers_close(reader);
	if (status == PRIO_OK) {
		FUZZ_CHECK(in.n == n_read * ANSWER_BYTES + END_BYTES);
		FUZZ_OK(answers_commit(writer, NULL));
		check_same(&made, in);
	} else {
		FUZZ_CHECK(status == PRIO_ERR_FORMAT);
		fuzz_check_error(status, &error);
		answers_abort(writer);
	}
	fuzz_run_clear(&made);
	return 0;
}
