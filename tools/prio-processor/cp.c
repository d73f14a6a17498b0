/* cp: objects from one place to another, between any two kinds of store. */
#include <string.h>

#include "base/error.h"
#include "pipeline/exec.h"
#include "prio-processor/copy.h"
#include "prio-processor/place.h"
#include "prio-processor/tree.h"

extern const struct command command_cp;

static const struct option_row options[] = {
	{"recursive", NULL, OPTION_FLAG, false, NULL, NULL,
	 "copy everything under the prefix SOURCE to the same names under TARGET", NULL},
	{"no-clobber", NULL, OPTION_FLAG, false, NULL, NULL, "leave alone what is there already, and say so", NULL},
	{"journal", NULL, OPTION_FLAG, false, NULL, NULL, "replace journals too, which otherwise are left as they are", NULL},
	ROWS_PLACE,
};

static const char details[] =
	PLACE_NAMES
	"A path on this machine is written as it is (./NAME where it holds a colon), and - is standard input or output.\n"
	"One object goes to the name TARGET, or, where that ends with a slash or is a bucket or directory, keeps its own name there. An "
	"object appears whole or not at all, and replaces what had its name. With --recursive, markers (_SUCCESS) are written last, and "
	"not at all if anything went wrong. What cannot be copied is named and the rest is copied; exit code 1. A journal that is there "
	"is not replaced without --journal, for an older one would let shares be verified in two ways.";

struct job {
	const struct invocation *call;
	struct copier *copier;
	struct place source;
	struct place target;
	size_t n_copied;
	size_t n_left;
	size_t n_failed;
};

/* ---- One object ---- */

static bool is_standard(const char *name)
{
	return strcmp(name, "-") == 0;
}

/* Should the target be left alone? What cannot be looked at may be there. */
static enum prio_status look_at_target(const struct job *job, const char *key, bool *is_kept, struct prio_error *error)
{
	struct store_object there;
	char shown[PLACE_SHOWN_BYTES];
	bool is_guarded = !job->target.is_local && place_is_journal(key) && !cli_flag(job->call, "journal");
	bool is_looked_for = is_guarded || cli_flag(job->call, "no-clobber");
	enum prio_status status = is_looked_for ? store_stat(job->target.store, key, &there, error) : PRIO_ERR_NOT_FOUND;

	if (status == PRIO_OK && is_guarded && !cli_flag(job->call, "no-clobber"))
		return error_set(error, PRIO_ERR_DENIED, "%s is a journal and is not replaced without --journal",
				 place_show(shown, &job->target, key));
	*is_kept = status == PRIO_OK;
	return status == PRIO_ERR_NOT_FOUND ? PRIO_OK : status;
}

static enum prio_status copy_one(struct job *job, const char *from, const char *to, struct prio_error *error)
{
	char shown[PLACE_SHOWN_BYTES];
	bool is_kept;
	enum prio_status status = look_at_target(job, to, &is_kept, error);

	if (status != PRIO_OK)
		return status;
	if (is_kept) {
		log_info(cli_log(job->call), "%s is there already and is left alone", place_show(shown, &job->target, to));
		job->n_left++;
		return PRIO_OK;
	}
	if (strcmp(job->source.store->name, job->target.store->name) == 0 && strcmp(from, to) == 0)
		return error_set(error, PRIO_ERR_ARGUMENT, "it would be copied onto itself");
	status = copy_object(job->copier, job->source.store, from, job->target.store, to, error);
	job->n_copied += status == PRIO_OK;
	return status;
}

static enum prio_status copy_single(struct job *job, struct prio_error *error)
{
	const char *slash = strrchr(job->source.key, '/');
	char to[PLACE_KEY_BYTES];
	enum prio_status status;

	if (!job->target.is_directory)
		return copy_one(job, job->source.key, job->target.key, error);
	status = place_key(to, job->target.key, slash != NULL ? slash + 1 : job->source.key, error);
	return status == PRIO_OK ? copy_one(job, job->source.key, to, error) : status;
}

static enum prio_status from_input(struct job *job, struct prio_error *error)
{
	struct stream *stream = standard_input();
	struct sink *sink = NULL;
	bool is_kept = false;
	enum prio_status status = stream == NULL ? PRIO_ERR_MEMORY : PRIO_OK;

	if (job->target.is_directory)
		status = error_set(error, PRIO_ERR_CONFIG, "what standard input holds needs a name of its own in TARGET");
	else if (status == PRIO_OK)
		status = look_at_target(job, job->target.key, &is_kept, error);
	if (is_kept)
		log_info(cli_log(job->call), "TARGET is there already and is left alone");
	else if (status == PRIO_OK)
		status = store_create(job->target.store, job->target.key, &sink, error);
	if (status == PRIO_OK && sink != NULL)
		status = copy_stream(job->copier, stream, sink, NULL, error);
	if (status == PRIO_OK && sink != NULL)
		status = sink_commit(sink, error);
	else
		sink_abort(sink);
	stream_close(stream);
	return status;
}

static enum prio_status to_output(struct job *job, struct prio_error *error)
{
	struct sink *sink = standard_output();
	enum prio_status status = sink == NULL ? PRIO_ERR_MEMORY : PRIO_OK;

	if (status == PRIO_OK)
		status = copy_out(job->copier, job->source.store, job->source.key, sink, error);
	if (status == PRIO_OK)
		return sink_commit(sink, error);
	sink_abort(sink);
	return status;
}

/* ---- A tree ---- */

/* Is it of no use to try the next object? */
static bool ends_all(enum prio_status status)
{
	return status == PRIO_ERR_STOPPED || status == PRIO_ERR_FULL || status == PRIO_ERR_MEMORY;
}

static enum prio_status copy_all(struct job *job, const struct tree *tree, struct prio_error *error)
{
	struct log *log = cli_log(job->call);
	char shown[PLACE_SHOWN_BYTES];

	copier_expect(job->copier, tree->n, tree->n_bytes);
	for (size_t i = 0; i < tree->n; i++) {
		char to[PLACE_KEY_BYTES];
		enum prio_status status = place_key(to, job->target.key, tree->keys[i] + tree->prefix_bytes, error);

		if (i == tree->n_plain && job->n_failed > 0) {
			log_warn(log, "%zu markers and manifests are not copied, because what they speak for is not all there",
				 tree->n - i);
			break;
		}
		if (status == PRIO_OK)
			status = copy_one(job, tree->keys[i], to, error);
		if (status == PRIO_OK)
			continue;
		if (ends_all(status))
			return status;
		job->n_failed++;
		log_error(log, "cp: %s: %s", place_show(shown, &job->source, tree->keys[i]),
			  error->text[0] != '\0' ? error->text : prio_status_sentence(status));
	}
	return PRIO_OK;
}

static enum prio_status copy_tree(struct job *job, struct prio_error *error)
{
	struct tree tree = {0};
	char shown[PLACE_SHOWN_BYTES];
	enum prio_status status = tree_list(&tree, &job->source, error);

	if (status == PRIO_OK && tree.n == 0)
		status = error_set(error, PRIO_ERR_NOT_FOUND, "%s: there is nothing under it",
				   place_show(shown, &job->source, job->source.key));
	if (status == PRIO_OK)
		status = copy_all(job, &tree, error);
	if (status == PRIO_OK && job->n_failed > 0)
		status = error_set(error, PRIO_ERR_IO, "%zu of %zu objects were not copied", tree.n - job->n_copied - job->n_left,
				   tree.n);
	else if (status == PRIO_OK)
		log_info(cli_log(job->call), "copied %zu objects, %.1f MB%s", job->n_copied,
			 (double)copier_bytes(job->copier) / 1e6, job->n_left > 0 ? "; the others were there" : "");
	tree_clear(&tree);
	return status;
}

/* ---- The command ---- */

static enum prio_status copy(struct job *job, const char *source, const char *target, struct prio_error *error)
{
	bool is_tree = cli_flag(job->call, "recursive");
	enum prio_status status = copier_new(&job->copier, is_standard(target) ? NULL : cli_log(job->call), error);

	if (is_tree && (is_standard(source) || is_standard(target)))
		return error_set(error, PRIO_ERR_CONFIG, "--recursive is for prefixes; - is one object");
	if (is_standard(source) && is_standard(target))
		return error_set(error, PRIO_ERR_CONFIG, "one of SOURCE and TARGET must have a name");
	if (status == PRIO_OK && !is_standard(source))
		status = place_open(&job->source, job->call, source, is_tree ? PLACE_TREE : PLACE_OBJECT, error);
	if (status == PRIO_OK && !is_standard(target))
		status = place_open(&job->target, job->call, target, is_tree ? PLACE_NEW_TREE : PLACE_NEW, error);
	if (status != PRIO_OK)
		return status;
	return is_tree		     ? copy_tree(job, error)
	       : is_standard(source) ? from_input(job, error)
	       : is_standard(target) ? to_output(job, error)
				     : copy_single(job, error);
}

static int run(struct invocation *call)
{
	struct prio_error error = {PRIO_OK, ""};
	struct job job = {.call = call};
	size_t n;
	const char *const *names = cli_operands(call, &n);
	int code = EXIT_DONE;
	enum prio_status status;

	exec_catch_signals();
	status = copy(&job, names[0], names[1], &error);
	if (status == PRIO_ERR_CONFIG)
		code = cli_usage_error(call, "%s", error.text);
	else if (status != PRIO_OK)
		code = cli_fail(call, status, &error);
	place_close(&job.source);
	place_close(&job.target);
	copier_free(job.copier);
	return code;
}

const struct command command_cp = {
	.name = "cp",
	.summary = "copy objects between buckets, files, standard input and output",
	.details = details,
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.run = run,
	.operands = "SOURCE TARGET",
	.n_operands_min = 2,
	.n_operands_max = 2,
};
