/* ls: what lies in a bucket, one level or all of it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/utf8.h"
#include "pipeline/exec.h"
#include "prio-processor/place.h"

extern const struct command command_ls;

static const struct option_row options[] = {
	{"recursive", NULL, OPTION_FLAG, false, NULL, NULL, "every object under the prefix, not the next level alone", NULL},
	{"json", NULL, OPTION_FLAG, false, NULL, NULL, "a line {\"name\", \"bytes\", \"objects\"} for each", NULL},
	ROWS_PLACE,
};

static const char details[] =
	PLACE_NAMES
	"KEY may be an object's name or a prefix of whole words between slashes, or be left out for the whole bucket; a path on this "
	"machine will do as well.\n"
	"Prints bytes and name of each object. A name that ends with a slash is a prefix: beside it stand the bytes and the number of all "
	"objects under it; --recursive names them. Names can be given to cat, cp and rm as they stand, unless they hold characters that "
	"are escaped for the terminal's sake; --json has these as they are, or as name_hex where they are not UTF-8.";

struct listing {
	const struct place *place;
	bool is_recursive;
	bool is_json;
	size_t prefix_bytes; /* of the key and its slash */
	size_t n_shown;
	/* The prefix that is being added up; "": none. */
	char group[STORE_KEY_BYTES_MAX + 2];
	uint64_t group_bytes;
	uint64_t group_objects;
};

/* A line of JSON. Names that are no text are shown as they are for people, and exactly in name_hex. */
static enum prio_status print_json(const struct listing *listing, const char *key, uint64_t n_bytes, uint64_t n_objects)
{
	char name[PLACE_SHOWN_BYTES];
	char exact[sizeof listing->place->before + STORE_KEY_BYTES_MAX + 2];
	char hex[2 * sizeof exact];
	json_t *line;
	char *text;
	size_t n;

	snprintf(exact, sizeof exact, "%s%s", listing->place->before, key);
	n = strlen(exact);
	if (utf8_is_valid((struct prio_bytes){(const uint8_t *)exact, n})) {
		line = json_pack("{s:s}", "name", exact);
	} else {
		for (size_t i = 0; i < n; i++)
			snprintf(hex + 2 * i, 3, "%02x", (unsigned char)exact[i]);
		line = json_pack("{s:s, s:s}", "name", place_show(name, listing->place, key), "name_hex", hex);
	}
	json_object_set_new(line, "bytes", json_integer((json_int_t)n_bytes));
	json_object_set_new(line, "objects", json_integer((json_int_t)n_objects));
	text = json_dumps(line, JSON_COMPACT);
	if (text != NULL)
		puts(text);
	json_decref(line);
	free(text);
	return text != NULL ? PRIO_OK : PRIO_ERR_MEMORY;
}

static enum prio_status print_line(struct listing *listing, const char *key, uint64_t n_bytes, uint64_t n_objects)
{
	char shown[PLACE_SHOWN_BYTES];

	listing->n_shown++;
	if (listing->is_json)
		return print_json(listing, key, n_bytes, n_objects);
	printf("%14" PRIu64 "  %s", n_bytes, place_show(shown, listing->place, key));
	if (key[0] == '\0' || key[strlen(key) - 1] == '/')
		printf("  (%" PRIu64 " object%s)", n_objects, n_objects == 1 ? "" : "s");
	putchar('\n');
	return PRIO_OK;
}

static enum prio_status end_group(struct listing *listing)
{
	enum prio_status status = PRIO_OK;

	if (listing->group[0] != '\0')
		status = print_line(listing, listing->group, listing->group_bytes, listing->group_objects);
	listing->group[0] = '\0';
	listing->group_bytes = listing->group_objects = 0;
	return status;
}

static enum prio_status visit(void *context, const struct store_object *object, struct prio_error *error)
{
	struct listing *listing = context;
	const char *rest = object->key + listing->prefix_bytes;
	size_t n_group = listing->prefix_bytes + strcspn(rest, "/") + 1;
	enum prio_status status = exec_check_stop(error);

	if (status != PRIO_OK)
		return status;
	if (listing->is_recursive || strchr(rest, '/') == NULL) {
		status = end_group(listing);
		return status == PRIO_OK ? print_line(listing, object->key, object->size_bytes, 1) : status;
	}
	/* Sorted as they come, all objects of a prefix stand together. */
	if (strncmp(listing->group, object->key, n_group) != 0 || listing->group[n_group] != '\0') {
		status = end_group(listing);
		snprintf(listing->group, sizeof listing->group, "%.*s", (int)n_group, object->key);
	}
	listing->group_bytes += object->size_bytes;
	listing->group_objects++;
	return status;
}

static enum prio_status list(const struct invocation *call, const struct place *place, struct prio_error *error)
{
	struct listing listing = {
		.place = place,
		.is_recursive = cli_flag(call, "recursive"),
		.is_json = cli_flag(call, "json"),
		.prefix_bytes = strlen(place->key) + (place->key[0] != '\0'),
	};
	struct store_object object;
	char shown[PLACE_SHOWN_BYTES];
	bool is_denied = false;
	enum prio_status status = PRIO_OK;

	/* Who may list may not always read: then what lies under it is shown. */
	if (!place->is_directory) {
		status = store_stat(place->store, place->key, &object, error);
		if (status == PRIO_OK)
			status = print_line(&listing, object.key, object.size_bytes, 1);
		is_denied = status == PRIO_ERR_DENIED;
		if (status == PRIO_ERR_NOT_FOUND || is_denied)
			status = PRIO_OK;
	}
	if (status == PRIO_OK && !(place->is_local && !place->is_directory))
		status = store_list(place->store, place->key, visit, &listing, error);
	if (status == PRIO_OK)
		status = end_group(&listing);
	if (status == PRIO_OK && listing.n_shown == 0 && is_denied)
		return PRIO_ERR_DENIED; /* error says of what */
	if (status == PRIO_OK && listing.n_shown == 0 && place->key[0] != '\0')
		status = error_set(error, PRIO_ERR_NOT_FOUND, "%s: there is no such object, and nothing under it",
				   place_show(shown, place, place->key));
	return status;
}

static enum prio_status list_one(const struct invocation *call, const char *name, void *context, struct prio_error *error)
{
	struct place place;
	enum prio_status status = place_open(&place, call, name, PLACE_EITHER, error);

	(void)context;
	if (status == PRIO_OK)
		status = list(call, &place, error);
	place_close(&place);
	return status;
}

static int run(struct invocation *call)
{
	exec_catch_signals();
	return place_for_each(call, list_one, NULL);
}

const struct command command_ls = {
	.name = "ls",
	.summary = "list what lies in a bucket",
	.details = details,
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.run = run,
	.operands = "NAME...",
	.n_operands_min = 1,
	.n_operands_max = SIZE_MAX,
};
