/* The program of a target where libFuzzer is not: every file of the folders and files that it is given goes through the
 * target once. Finding none is a failure, since then nothing was tested. */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz/harness/fuzz.h"

enum { FILE_BYTES_MAX = 1 << 22, PATH_BYTES = 4096 };

static unsigned long n_inputs;

static bool replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *room = malloc(FILE_BYTES_MAX);
	bool good = file != NULL && room != NULL;

	if (good) {
		size_t n = fread(room, 1, FILE_BYTES_MAX, file);

		good = ferror(file) == 0 && n < FILE_BYTES_MAX;
		if (good) {
			struct prio_mut input = fuzz_copy((struct prio_bytes){room, n});

			LLVMFuzzerTestOneInput(input.p, input.n);
			free(input.p);
			n_inputs++;
		}
	}
	if (!good)
		fprintf(stderr, "%s cannot be read\n", path);
	if (file != NULL)
		fclose(file);
	free(room);
	return good;
}

static bool replay(const char *path)
{
	struct stat info;
	DIR *directory;
	bool good = true;

	if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
		return replay_file(path);
	directory = opendir(path);
	if (directory == NULL)
		return false;
	for (const struct dirent *item; good && (item = readdir(directory)) != NULL;) {
		char inner[PATH_BYTES];

		if (item->d_name[0] == '.')
			continue;
		good = snprintf(inner, sizeof inner, "%s/%s", path, item->d_name) < PATH_BYTES && replay_file(inner);
	}
	closedir(directory);
	return good;
}

int main(int argc, char **argv)
{
	bool good = true;

	for (int i = 1; i < argc && good; i++)
		good = replay(argv[i]);
	printf("%lu inputs replayed\n", n_inputs);
	return good && n_inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
