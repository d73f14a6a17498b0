/* DATA_CONFIG: what is read of it, and what is wrong with it, by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pipeline/config.h"

static enum prio_status read_text(struct data_config *config, const char *text, struct prio_error *error)
{
	char path[] = "/tmp/prio-test-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	enum prio_status status = data_config_read(config, path, false, NULL, error);
	unlink(path);
	return status;
}

static void reads_every_member(void **unused)
{
	struct data_config config;
	struct prio_error error;

	(void)unused;
	assert_int_equal(read_text(&config,
				   "[{\"batch_id\": \"caf\xc3\xa9\", \"n_data\": 2046, \"other\": 1},"
				   " {\"n_data\": 42, \"batch_id\": \"ages\", \"precision\": 7, \"prg\": \"legacy\", \"min_batch\": 100},"
				   " {\"batch_id\": \"forgeable\", \"n_data\": 3}]",
				   &error),
			 PRIO_OK);
	assert_int_equal(config.n_batches, 3);
	assert_string_equal(config.batches[0].batch_id, "caf\xc3\xa9");
	assert_int_equal(config.batches[0].params.batch_id.n, 5);
	assert_int_equal(config.batches[0].params.n_data, 2046);
	assert_int_equal(config.batches[0].params.precision, 0);
	assert_int_equal(config.batches[0].params.prg, PRIO_PRG_BATCH);
	assert_int_equal(config.batches[0].min_batch, 0);
	assert_int_equal(config.batches[1].params.precision, 7);
	assert_int_equal(config.batches[1].params.prg, PRIO_PRG_LEGACY);
	assert_int_equal(config.batches[1].min_batch, 100);
	data_config_clear(&config);
}

static const struct {
	const char *text;
	const char *says; /* somewhere in the error */
} bad[] = {
	{"", "line 1"},
	{"{", "line 1"},
	{"{}", "list"},
	{"[]", "list"},
	{"[1]", "entry 1"},
	{"[{\"n_data\": 4}]", "batch_id"},
	{"[{\"batch_id\": \"\", \"n_data\": 4}]", "batch_id"},
	{"[{\"batch_id\": 5, \"n_data\": 4}]", "batch_id"},
	{"[{\"batch_id\": \"a\"}]", "n_data"},
	{"[{\"batch_id\": \"a\", \"n_data\": 0}]", "n_data"},
	{"[{\"batch_id\": \"a\", \"n_data\": -1}]", "n_data"},
	{"[{\"batch_id\": \"a\", \"n_data\": \"4\"}]", "n_data"},
	{"[{\"batch_id\": \"a\", \"n_data\": 4.5}]", "n_data"},
	{"[{\"batch_id\": \"a\", \"n_data\": 262144}]", "262143"},
	{"[{\"batch_id\": \"a\", \"n_data\": 10, \"precision\": 43}]", "precision"},
	{"[{\"batch_id\": \"a\", \"n_data\": 10, \"precision\": 4}]", "precision"},
	{"[{\"batch_id\": \"a\", \"n_data\": 10, \"prg\": \"old\"}]", "prg"},
	{"[{\"batch_id\": \"a\", \"n_data\": 10, \"min_batch\": -5}]", "min_batch"},
	{"[{\"batch_id\": \"a\", \"n_data\": 10}, {\"batch_id\": \"a\", \"n_data\": 12}]", "entry 2"},
	{"[{\"batch_id\": \"a/b\", \"n_data\": 10}, {\"batch_id\": \"a%2Fb\", \"n_data\": 10}]", "directory"},
	{"[{\"batch_id\": \"a\", \"batch_id\": \"b\", \"n_data\": 10}]", "duplicate"},
	{"[{\"batch_id\": \"a\", \"n_data\": 10}] x", "line 1"},
};

static void names_what_is_wrong(void **unused)
{
	struct data_config config;

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct prio_error error = {PRIO_OK, ""};

		assert_int_equal(read_text(&config, bad[i].text, &error), PRIO_ERR_CONFIG);
		if (strstr(error.text, bad[i].says) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].text, error.text, bad[i].says);
	}
	assert_int_equal(data_config_read(&config, "/nonexistent/config.json", false, NULL, NULL), PRIO_ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_member),
		cmocka_unit_test(names_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
