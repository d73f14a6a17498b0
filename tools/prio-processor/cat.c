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

struct output {
	struct copier *copier;
	struct sink *sink;
};

static enum prio_status print(const struct invocation *call, const char *name, void *context, struct prio_error *error)
{
	const struct output *output = context;
	struct place place;
	enum prio_status status = place_open(&place, call, name, PLACE_OBJECT, error);

	if (status == PRIO_OK)
		status = copy_out(output->copier, place.store, place.key, output->sink, error);
	place_close(&place);
	return status;
}

static int run(struct invocation *call)
{
	struct prio_error error = {PRIO_OK, ""};
	struct output output = {.sink = standard_output()};
	int code;
	enum prio_status status = copier_new(&output.copier, NULL, &error);

	exec_catch_signals();
	if (status == PRIO_OK && output.sink == NULL)
		status = PRIO_ERR_MEMORY;
	code = status == PRIO_OK ? place_for_each(call, print, &output) : cli_fail(call, status, &error);
	if (output.sink != NULL && sink_commit(output.sink, &error) != PRIO_OK)
		code = cli_fail(call, PRIO_ERR_IO, &error);
	copier_free(output.copier);
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
