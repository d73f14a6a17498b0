/* Is every file of tests/vectors/data opened by one of the programs beside it? Each names its files in full. */
#include <dirent.h>

#include "tests/vectors/vectors.h"

/* All check_*.c, one after another. */
static char *programs(void)
{
	char *text = NULL, path[1024];
	size_t n = 0;
	DIR *folder = opendir(SOURCE_DIR "/tests/vectors");

	assert_non_null(folder);
	for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		size_t n_name = strlen(entry->d_name), n_read;
		FILE *file;

		if (strncmp(entry->d_name, "check_", 6) != 0 || strcmp(entry->d_name + n_name - 2, ".c") != 0)
			continue;
		snprintf(path, sizeof path, "%s/tests/vectors/%s", SOURCE_DIR, entry->d_name);
		file = fopen(path, "r");
		assert_non_null(file);
		do {
			text = realloc(text, n + 4097);
			assert_non_null(text);
			n_read = fread(text + n, 1, 4096, file);
			n += n_read;
			text[n] = '\0';
		} while (n_read > 0);
		fclose(file);
	}
	closedir(folder);
	return text;
}

static void every_file_is_opened(void **unused)
{
	DIR *folder = opendir(SOURCE_DIR "/tests/vectors/data");
	char *text = programs(), quoted[300];
	size_t n = 0;

	(void)unused;
	assert_non_null(folder);
	for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		snprintf(quoted, sizeof quoted, "\"%s\"", entry->d_name);
		if (strstr(text, quoted) == NULL)
			fail_msg("no program opens %s", entry->d_name);
		n++;
	}
	closedir(folder);
	free(text);
	assert_int_equal(n, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_file_is_opened)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
