/* Standard input and output as stream and sink. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "pipeline/exec.h"
#include "prio-processor/copy.h"

enum { LENT_MAX = 8, PIECE_BYTES = 256, POLL_MS = 200 };

struct input {
	struct stream base;
	struct prio_mut lent[LENT_MAX];
	unsigned first;
	unsigned n_lent;
};

static struct input *input_of(struct stream *stream)
{
	return (struct input *)(void *)stream;
}

static enum prio_status input_lend(struct stream *stream, struct prio_mut block, struct prio_error *error)
{
	struct input *input = input_of(stream);

	if (input->n_lent == LENT_MAX)
		return error_set(error, PRIO_ERR_INTERNAL, "more than %d blocks were lent", LENT_MAX);
	input->lent[(input->first + input->n_lent++) % LENT_MAX] = block;
	return PRIO_OK;
}

static enum prio_status input_take(struct stream *stream, size_t *n_bytes, struct prio_error *error)
{
	struct input *input = input_of(stream);
	struct prio_mut block = input->lent[input->first];

	*n_bytes = 0;
	if (input->n_lent == 0)
		return error_set(error, PRIO_ERR_INTERNAL, "a block was to be taken, and none was lent");
	input->first = (input->first + 1) % LENT_MAX;
	input->n_lent--;
	while (*n_bytes < block.n) {
		struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
		enum prio_status status = exec_check_stop(error);

		if (status != PRIO_OK)
			return status;
		/* A signal that comes just before a read would not end it; one that ends the wait is no data either. */
		if (poll(&ready, 1, POLL_MS) <= 0)
			continue;
		ssize_t n = read(STDIN_FILENO, block.p + *n_bytes, block.n - *n_bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(error, PRIO_ERR_IO, "reading standard input: %s", strerror(errno));
		if (n == 0)
			break;
		*n_bytes += (size_t)n;
	}
	return PRIO_OK;
}

static void input_close(struct stream *stream)
{
	free(input_of(stream));
}

static const struct stream_ops input_ops = {input_lend, input_take, input_close};

struct stream *standard_input(void)
{
	struct input *input = calloc(1, sizeof *input);

	if (input == NULL)
		return NULL;
	input->base.ops = &input_ops;
	return &input->base;
}

struct output {
	struct sink base;
	bool is_terminal;
};

/* A piece of a line, without a character that is cut in two. */
static size_t piece_bytes(struct prio_bytes text)
{
	size_t n = text.n < PIECE_BYTES ? text.n : PIECE_BYTES;

	for (unsigned i = 0; i < 3 && n < text.n && n > 1 && (text.p[n] & 0xc0) == 0x80; i++)
		n--;
	return n;
}

static void show(struct prio_bytes text)
{
	char line[PIECE_BYTES + 1];
	char shown[4 * PIECE_BYTES + 1];

	while (text.n > 0) {
		bool is_blank = text.p[0] == '\n' || text.p[0] == '\t';
		size_t n = is_blank ? 1 : piece_bytes(text);

		for (size_t i = 0; !is_blank && i < n; i++)
			if (text.p[i] == '\n' || text.p[i] == '\t' || text.p[i] == '\0')
				n = i;
		if (is_blank) {
			putchar(text.p[0]);
		} else if (n == 0) {
			fputs("\\x00", stdout);
			n = 1;
		} else {
			memcpy(line, text.p, n);
			line[n] = '\0';
			fputs(escape_line(shown, sizeof shown, line), stdout);
		}
		text.p += n;
		text.n -= n;
	}
}

static enum prio_status output_append(struct sink *sink, struct prio_bytes bytes, struct prio_error *error)
{
	const struct output *output = (const struct output *)(const void *)sink;

	if (output->is_terminal)
		show(bytes);
	else
		fwrite(bytes.p, 1, bytes.n, stdout);
	return ferror(stdout) ? error_set(error, PRIO_ERR_IO, "writing to standard output: %s", strerror(errno)) : PRIO_OK;
}

static void output_abort(struct sink *sink)
{
	free(sink);
}

static enum prio_status output_commit(struct sink *sink, struct prio_error *error)
{
	int code = fflush(stdout) == 0 ? 0 : errno;

	output_abort(sink);
	return code == 0 ? PRIO_OK : error_set(error, PRIO_ERR_IO, "writing to standard output: %s", strerror(code));
}

static const struct sink_ops output_ops = {output_append, output_commit, output_abort};

struct sink *standard_output(void)
{
	struct output *output = calloc(1, sizeof *output);

	if (output == NULL)
		return NULL;
	output->base.ops = &output_ops;
	output->is_terminal = isatty(STDOUT_FILENO) == 1;
	return &output->base;
}
