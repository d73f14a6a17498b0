#include "prio/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/store.h"

enum prio_status output_open(struct output *output, const struct invocation *call, const char *option,
			     struct prio_error *error)
{
	char where[CLI_WHERE_BYTES];
	enum prio_status status;

	*output = (struct output){.directory = cli_string(call, option)};
	if (*output->directory == '\0')
		status = error_set(error, PRIO_ERR_CONFIG, "the path is empty");
	else
		status = store_file_new(&output->store, output->directory, error);
	if (status != PRIO_OK)
		error_prefix(error, "%s", cli_where(call, option, where));
	return status;
}

void output_close(struct output *output)
{
	store_free(output->store);
	*output = (struct output){0};
}

enum prio_status output_check(const struct output *output, const char *name, const struct inputs *inputs,
			      struct prio_error *error)
{
	char escaped[ESCAPED_PATH_BYTES];
	struct stat info;
	size_t room = strlen(output->directory) + strlen(name) + 2;
	char *path = malloc(room);

	if (path == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	snprintf(path, room, "%s/%s", output->directory, name);
	bool exists = stat(path, &info) == 0;
	free(path);
	for (size_t i = 0; exists && i < inputs->n_files; i++) {
		const struct input_file *file = &inputs->files[i];

		if (file->identity.device == info.st_dev && file->identity.inode == info.st_ino)
			return error_set(error, PRIO_ERR_CONFIG, "%s would be overwritten by its own result; give another output",
					 escape_path(escaped, file->path));
	}
	return PRIO_OK;
}

enum prio_status output_create(const struct output *output, const char *name, struct sink **sink, struct prio_error *error)
{
	return store_create(output->store, name, sink, error);
}

enum prio_status output_put(const struct output *output, const char *name, struct prio_bytes bytes,
			    struct prio_error *error)
{
	return store_put(output->store, name, bytes, STORE_ALWAYS, error);
}
