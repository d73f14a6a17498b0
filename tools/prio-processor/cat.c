/* cat: objects to standard output. */
#include "cli/cli.h"
#include "pipeline/exec.h"
#include "prio-processor/copy.h"
#include "prio-processor/place.h"

extern const struct command command_cat;

static const struct option_row options[] = {
	ROWS_PLACE,
};

static const char details[] =
	PLACE_NAMES
	"A path on this machine will do as well.\n"
	"Writes one object after the other to standard output, as they are. On a terminal, controls in them are shown and not obeyed. Exit "
	"code 1 if one could not be read, or not to its end; the others are written all the same.";

static enum prio_status print(const struct invocation *call, struct copier *copier, struct sink *out, const char *name,
			      struct prio_error *error)
{
	struct place place;
	enum prio_status status = place_open(&place, call, name, PLACE_OBJECT, error);

	if (status == PRIO_OK)
		status = copy_out(copier, place.store, place.key, out, error);
	place_close(&place);
	return status;
}

static int run(struct invocation *call)
{
	struct prio_error error = {PRIO_OK, ""};
	struct copier *copier = NULL;
	struct sink *out = standard_output();
	size_t n;
	const char *const *names = cli_operands(call, &n);
	int code = EXIT_DONE;
	enum prio_status status = copier_new(&copier, NULL, &error);

	exec_catch_signals();
	if (status == PRIO_OK && out == NULL)
		status = PRIO_ERR_MEMORY;
	if (status != PRIO_OK)
		code = cli_fail(call, status, &error);
	for (size_t i = 0; i < n && status == PRIO_OK; i++) {
		enum prio_status one = print(call, copier, out, names[i], &error);

		if (one == PRIO_ERR_CONFIG)
			code = cli_usage_error(call, "%s", error.text);
		else if (one != PRIO_OK)
			code = cli_fail(call, one, &error);
		if (one == PRIO_ERR_CONFIG || one == PRIO_ERR_STOPPED)
			break;
	}
	if (out != NULL && sink_commit(out, &error) != PRIO_OK)
		code = cli_fail(call, PRIO_ERR_IO, &error);
	copier_free(copier);
	return code;
}

const struct command command_cat = {
	.name = "cat",
	.summary = "write objects to standard output",
	.details = details,
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.run = run,
	.operands = "NAME...",
	.n_operands_min = 1,
	.n_operands_max = SIZE_MAX,
};
