#include "prio-processor/place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

enum { SHOWN_BYTES = 300 };

static const char *escaped(char out[SHOWN_BYTES], const char *text)
{
	return escape_text(out, SHOWN_BYTES, (struct prio_bytes){(const uint8_t *)text, strlen(text)});
}

/* ---- Buckets ---- */

struct role {
	const char *word;
	const char *side;
	const char *option; /* that names the bucket; NULL: the bucket stands before the key */
};

static const struct role roles[] = {
	{"ingest:", "internal", "bucket-internal-ingest"},
	{"private:", "internal", "bucket-internal-private"},
	{"shared:", "internal", "bucket-internal-shared"},
	{"partner:", "external", "bucket-external-shared"},
	{"internal:", "internal", NULL},
	{"external:", "external", NULL},
	{"s3://", "internal", NULL},
	{"gs://", "internal", NULL},
};

static const struct role *find_role(const char *name)
{
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (strncmp(name, roles[i].word, strlen(roles[i].word)) == 0)
			return &roles[i];
	return NULL;
}

static bool is_for_writing(enum place_use use)
{
	return use == PLACE_NEW || use == PLACE_NEW_TREE;
}

static enum prio_status set_key(struct place *place, const char *key, const char *name, enum place_use use,
				struct prio_error *error)
{
	char shown[SHOWN_BYTES];
	size_t n = strlen(key);

	place->is_directory = n == 0 || key[n - 1] == '/';
	n -= n > 0 && place->is_directory;
	if (n >= sizeof place->key)
		return error_set(error, PRIO_ERR_CONFIG, "%s is longer than a name can be", escaped(shown, name));
	memcpy(place->key, key, n);
	place->key[n] = '\0';
	if (use == PLACE_OBJECT && place->is_directory)
		return error_set(error, PRIO_ERR_CONFIG, "%s names a prefix, and no object", escaped(shown, name));
	if (n > 0 && store_key_check(place->key, error) != PRIO_OK)
		return PRIO_ERR_CONFIG;
	return PRIO_OK;
}

static enum prio_status open_bucket(struct place *place, const struct invocation *call, const struct role *role,
				    const char *name, enum place_use use, struct prio_error *error)
{
	const char *key = name + strlen(role->word);
	const char *bucket = role->option != NULL ? cli_string(call, role->option) : NULL;
	char own[256];
	char option[64];
	char where[CLI_WHERE_BYTES];
	char variable[SHOWN_BYTES];
	struct bucket_endpoint endpoint;
	enum prio_status status = bucket_endpoint_read(call, role->side, &endpoint, error);

	if (status != PRIO_OK)
		return status;
	if (endpoint.url == NULL) {
		snprintf(option, sizeof option, "bucket-%s-endpoint", role->side);
		return error_set(error, PRIO_ERR_CONFIG, "%s is missing: it says where %s is", cli_where(call, option, where),
				 role->word);
	}
	if (role->option != NULL && bucket == NULL)
		return error_set(error, PRIO_ERR_CONFIG, "%s is missing: it names the bucket of %s",
				 cli_where(call, role->option, where), role->word);
	if (bucket == NULL) {
		size_t n;

		if (strncmp(key, "s3://", 5) == 0 || strncmp(key, "gs://", 5) == 0)
			key += 5;
		n = strcspn(key, "/");
		if (n == 0 || n >= sizeof own)
			return error_set(error, PRIO_ERR_CONFIG, "%s names no bucket; it must be %sBUCKET/KEY",
					 escaped(variable, name), role->word);
		snprintf(own, sizeof own, "%.*s", (int)n, key);
		bucket = own;
		key += n + (key[n] == '/');
		snprintf(place->before, sizeof place->before, "%s%s/", role->word, own);
		escaped(variable, name);
	} else {
		snprintf(place->before, sizeof place->before, "%s", role->word);
		snprintf(variable, sizeof variable, "%s", cli_where(call, role->option, where));
	}
	status = set_key(place, key, name, use, error);
	if (status == PRIO_OK && !is_for_writing(use))
		status = bucket_check_present(&endpoint, bucket, variable, error);
	return status == PRIO_OK ? bucket_open(&place->store, &endpoint, bucket, variable, cli_log(call), error) : status;
}

/* ---- This machine ---- */

static enum prio_status local_error(const char *path, int code, struct prio_error *error)
{
	char shown[SHOWN_BYTES];
	char reason[80];

	return error_set(error, code == ENOENT ? PRIO_ERR_NOT_FOUND : code == EACCES ? PRIO_ERR_DENIED : PRIO_ERR_IO, "%s: %s",
			 escaped(shown, path), strerror_r(code, reason, sizeof reason));
}

static enum prio_status not_of_kind(const char *path, const char *what, struct prio_error *error)
{
	char shown[SHOWN_BYTES];

	return error_set(error, PRIO_ERR_IO, "%s is %s", escaped(shown, path), what);
}

/* A directory as a store, whose keys are paths in it; nothing that a key names leads out of it (store_file_new). */
static enum prio_status open_directory(struct place *place, const char *directory, const char *name, struct prio_error *error)
{
	size_t n = strlen(name);

	while (n > 0 && name[n - 1] == '/')
		n--;
	place->is_directory = true;
	place->key[0] = '\0';
	snprintf(place->before, sizeof place->before, "%.*s/", (int)n, name);
	return store_file_new(&place->store, directory, error);
}

/* A file as the only key that matters of the directory it is in. path is canonical, and cut here. */
static enum prio_status open_file(struct place *place, char *path, struct prio_error *error)
{
	char *base = strrchr(path, '/');

	if (strlen(base + 1) >= sizeof place->key)
		return local_error(path, ENAMETOOLONG, error);
	snprintf(place->key, sizeof place->key, "%s", base + 1);
	base[base == path] = '\0';
	return store_file_new(&place->store, path, error);
}

static const char *base_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash != NULL ? slash + 1 : name;
}

/* A file to be written: its directory is there, and it is not there, or a regular file. Never a device, a FIFO or a link that would
 * be replaced by a file. */
static enum prio_status open_new_file(struct place *place, const char *name, struct prio_error *error)
{
	struct stat info;
	char directory[PATH_MAX];
	char path[2 * PATH_MAX];
	const char *base = base_of(name);
	int n = (int)(base - name);

	if (lstat(name, &info) == 0 && !S_ISREG(info.st_mode))
		return not_of_kind(name, "no regular file; it is not replaced (standard output is written as -)", error);
	if (strlen(name) >= PATH_MAX)
		return local_error(name, ENAMETOOLONG, error);
	snprintf(path, sizeof path, "%.*s", n > 0 ? n : 1, n > 0 ? name : ".");
	if (realpath(path, directory) == NULL)
		return local_error(path, errno, error);
	snprintf(path, sizeof path, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, base);
	snprintf(place->before, sizeof place->before, "%.*s", n, name);
	return open_file(place, path, error);
}

static enum prio_status open_local(struct place *place, const char *name, enum place_use use, struct prio_error *error)
{
	char path[PATH_MAX];
	struct stat info;
	size_t n = strlen(name);
	bool is_there = realpath(name, path) != NULL && stat(path, &info) == 0;
	int code = errno;
	bool ends_with_slash = n > 0 && name[n - 1] == '/';

	place->is_local = true;
	if (!is_there && code == ENOENT && use == PLACE_NEW && !ends_with_slash && n > 0)
		return open_new_file(place, name, error);
	if (!is_there && code == ENOENT && is_for_writing(use) && n > 0)
		return open_directory(place, name, name, error);
	if (!is_there)
		return local_error(name, code, error);
	if (S_ISDIR(info.st_mode))
		return use == PLACE_OBJECT ? not_of_kind(name, "a directory, and no file", error)
					   : open_directory(place, path, name, error);
	if (use == PLACE_NEW && !ends_with_slash)
		return open_new_file(place, name, error);
	if (!S_ISREG(info.st_mode))
		return not_of_kind(name, "no regular file; standard input is read as -", error);
	if (use == PLACE_TREE || is_for_writing(use))
		return not_of_kind(name, "a file, and no directory", error);
	snprintf(place->before, sizeof place->before, "%.*s", (int)(base_of(name) - name), name);
	return open_file(place, path, error);
}

/* ---- Both ---- */

enum prio_status place_open(struct place *place, const struct invocation *call, const char *name, enum place_use use,
			    struct prio_error *error)
{
	static const char file[] = "file://";
	const struct role *role = find_role(name);
	char shown[SHOWN_BYTES];

	*place = (struct place){0};
	if (role != NULL)
		return open_bucket(place, call, role, name, use, error);
	if (strncmp(name, file, sizeof file - 1) == 0)
		return open_local(place, name + sizeof file - 1, use, error);
	/* Such a name is more likely a slip than a file: it would be copied to nowhere. */
	if (name[strcspn(name, ":/")] == ':')
		return error_set(error, PRIO_ERR_CONFIG,
				 "%s is not understood: before the colon stands ingest, private, shared, partner, internal or "
				 "external; a local file of that name is ./%s",
				 escaped(shown, name), shown);
	return open_local(place, name, use, error);
}

void place_close(struct place *place)
{
	store_free(place->store);
	place->store = NULL;
}

enum prio_status place_key(char out[PLACE_KEY_BYTES], const char *key, const char *rest, struct prio_error *error)
{
	char shown[SHOWN_BYTES];

	if ((size_t)snprintf(out, PLACE_KEY_BYTES, "%s%s%s", key, key[0] == '\0' ? "" : "/", rest) < PLACE_KEY_BYTES)
		return PRIO_OK;
	return error_set(error, PRIO_ERR_TOO_LARGE, "%s: its new name would be longer than a name can be", escaped(shown, rest));
}

const char *place_show(char out[PLACE_SHOWN_BYTES], const struct place *place, const char *key)
{
	char text[sizeof place->before + STORE_KEY_BYTES_MAX + 1];

	snprintf(text, sizeof text, "%s%s", place->before, key);
	return escape_text(out, PLACE_SHOWN_BYTES, (struct prio_bytes){(const uint8_t *)text, strlen(text)});
}

int place_for_each(const struct invocation *call, place_visit *visit, void *context)
{
	struct prio_error error = {PRIO_OK, ""};
	size_t n;
	const char *const *names = cli_operands(call, &n);
	int code = EXIT_DONE;

	for (size_t i = 0; i < n && code != EXIT_USAGE; i++) {
		enum prio_status status = visit(call, names[i], context, &error);

		if (status == PRIO_ERR_CONFIG)
			code = cli_usage_error(call, "%s", error.text);
		else if (status != PRIO_OK)
			code = cli_fail(call, status, &error);
		if (status == PRIO_ERR_STOPPED)
			break;
	}
	return code;
}

bool place_is_journal(const char *key)
{
	return strstr(key, "/journal/") != NULL || strncmp(key, "journal/", 8) == 0;
}
