/* rm: delete objects of buckets, by exact names or under a prefix. */
#include <string.h>

#include "base/error.h"
#include "pipeline/exec.h"
#include "prio-processor/place.h"
#include "prio-processor/tree.h"

extern const struct command command_rm;

static const struct option_row options[] = {
	{"recursive", NULL, OPTION_FLAG, false, NULL, NULL, "everything under the prefix NAME; needs --yes, else it only says what", NULL},
	{"yes", NULL, OPTION_FLAG, false, NULL, NULL, "do it: --recursive without this deletes nothing", NULL},
	{"journal", NULL, OPTION_FLAG, false, NULL, NULL, "delete journals too, which otherwise stop it", NULL},
	ROWS_PLACE,
};

static const char details[] =
	PLACE_NAMES
	"Deletes the objects of exactly these names. With --recursive, NAME is a prefix, never a whole bucket, and without --yes the names "
	"of what would be deleted are printed, and nothing is. Markers (_SUCCESS) go first, so that nobody takes what is left for whole.\n"
	"A journal is what keeps shares from being verified in two ways, which would give clients' data away: rm refuses to delete one, "
	"unless --journal says that the raw shares it speaks of are gone too. cleanup --forget deletes both together.";

enum { PORTION = 1000 };

static enum prio_status check_journal(const struct invocation *call, const struct place *place, const char *key,
				      struct prio_error *error)
{
	char shown[PLACE_SHOWN_BYTES];

	if (cli_flag(call, "journal") || !place_is_journal(key))
		return PRIO_OK;
	return error_set(error, PRIO_ERR_DENIED,
			 "%s is a journal: without it the same shares could be verified in two ways. It is not deleted; use cleanup "
			 "--forget, or --journal if the raw shares are gone",
			 place_show(shown, place, key));
}

static enum prio_status remove_object(const struct invocation *call, const struct place *place, struct prio_error *error)
{
	struct store_object object;
	const char *const keys[] = {place->key};
	char shown[PLACE_SHOWN_BYTES];
	enum prio_status status = check_journal(call, place, place->key, error);

	if (status == PRIO_OK)
		status = store_stat(place->store, place->key, &object, error);
	if (status == PRIO_ERR_DENIED && !place_is_journal(place->key))
		status = PRIO_OK; /* who may delete need not be allowed to look */
	if (status == PRIO_ERR_NOT_FOUND)
		return error_set(error, status, "%s: there is no such object", place_show(shown, place, place->key));
	return status == PRIO_OK ? store_delete_many(place->store, keys, 1, error) : status;
}

/* From the end of the list, where the markers are. */
static enum prio_status remove_all(const struct invocation *call, const struct place *place, const struct tree *tree,
				   struct prio_error *error)
{
	size_t n_left = tree->n;

	while (n_left > 0) {
		/* Markers in requests of their own, before all others. */
		size_t border = n_left > tree->n_plain ? tree->n_plain : 0;
		size_t n = n_left - border < PORTION ? n_left - border : PORTION;
		enum prio_status status = exec_check_stop(error);

		if (status == PRIO_OK)
			status = store_delete_many(place->store, (const char *const *)tree->keys + n_left - n, n, error);
		if (status != PRIO_OK)
			return status;
		n_left -= n;
		log_progress(cli_log(call), false, "deleted %zu of %zu", tree->n - n_left, tree->n);
	}
	log_info(cli_log(call), "deleted %zu objects, %.1f MB", tree->n, (double)tree->n_bytes / 1e6);
	return PRIO_OK;
}

static enum prio_status remove_tree(const struct invocation *call, const struct place *place, struct prio_error *error)
{
	struct tree tree = {0};
	char shown[PLACE_SHOWN_BYTES];
	enum prio_status status;

	if (place->key[0] == '\0')
		return error_set(error, PRIO_ERR_CONFIG, "%s is a whole bucket; --recursive needs a prefix in it",
				 place_show(shown, place, ""));
	status = tree_list(&tree, place, error);
	if (status == PRIO_OK && tree.n == 0)
		status = error_set(error, PRIO_ERR_NOT_FOUND, "%s: there is nothing under it", place_show(shown, place, place->key));
	for (size_t i = 0; i < tree.n && status == PRIO_OK; i++)
		status = check_journal(call, place, tree.keys[i], error);
	if (status == PRIO_OK && cli_flag(call, "yes")) {
		status = remove_all(call, place, &tree, error);
	} else if (status == PRIO_OK) {
		for (size_t i = 0; i < tree.n; i++)
			printf("%s\n", place_show(shown, place, tree.keys[i]));
		status = error_set(error, PRIO_ERR_CONFIG,
				   "nothing was deleted: these would be, %zu objects, %.1f MB; give --yes to do it", tree.n,
				   (double)tree.n_bytes / 1e6);
	}
	tree_clear(&tree);
	return status;
}

static enum prio_status remove_one(const struct invocation *call, const char *name, void *context, struct prio_error *error)
{
	bool is_tree = cli_flag(call, "recursive");
	struct place place;
	enum prio_status status = place_open(&place, call, name, is_tree ? PLACE_TREE : PLACE_OBJECT, error);

	(void)context;
	if (status == PRIO_OK && place.is_local)
		status = error_set(error, PRIO_ERR_CONFIG, "%s is on this machine; rm is for objects in buckets", name);
	if (status == PRIO_OK)
		status = is_tree ? remove_tree(call, &place, error) : remove_object(call, &place, error);
	place_close(&place);
	return status;
}

static int run(struct invocation *call)
{
	exec_catch_signals();
	return place_for_each(call, remove_one, NULL);
}

const struct command command_rm = {
	.name = "rm",
	.summary = "delete objects of buckets",
	.details = details,
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.run = run,
	.operands = "NAME...",
	.n_operands_min = 1,
	.n_operands_max = SIZE_MAX,
};
