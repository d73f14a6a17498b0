/* One part of an output: rows, to both buckets at once; and all parts of a stage, bundle by bundle on all workers. */
#include "pipeline/output.h"

#include <stdatomic.h>

#include "base/error.h"
#include "crypt/sha256.h"
#include "pipeline/exec.h"
#include "pipeline/signed_json.h"
#include "record/ndjson.h"

enum { FLUSH_BYTES = 1 << 17 };

struct part {
	struct output *output;
	size_t index;
	struct line_buffer rows; /* not written yet */
	struct sink *own;
	struct sink *outbox;
	struct sha256 *sha;
	uint64_t n_bytes;
	/* of records */
	output_packet_of *packet_of;
	uint64_t n_rows;
};

static enum prio_status create(struct part *part, struct store *store, const struct path *directory, struct sink **sink,
			       struct prio_error *error)
{
	char name[OUTPUT_NAME_BYTES];
	struct path key;
	enum prio_status status;

	output_part_name(part->output, part->index, name);
	status = path_make(&key, error, "%s/%s", directory->text, name);
	return status == PRIO_OK ? store_create(store, key.text, sink, error) : status;
}

static enum prio_status hashed(enum prio_status status, struct prio_error *error)
{
	return status == PRIO_OK ? PRIO_OK : error_set(error, status, "hashing a part: %s", prio_status_sentence(status));
}

static enum prio_status open_part(struct part *part, struct prio_error *error)
{
	struct output *output = part->output;
	enum prio_status status = create(part, output->run->own, &output->own_directory, &part->own, error);

	if (status == PRIO_OK && output->is_sent)
		status = create(part, output->run->outbox, &output->outbox_directory, &part->outbox, error);
	if (status == PRIO_OK)
		status = hashed(sha256_new(&part->sha), error);
	return status == PRIO_OK ? hashed(sha256_begin(part->sha), error) : status;
}

static enum prio_status write_text(struct part *part, struct prio_bytes text, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	if (part->output->is_dry || text.n == 0)
		return PRIO_OK;
	if (part->own == NULL)
		status = open_part(part, error);
	if (status == PRIO_OK)
		status = sink_append(part->own, text, error);
	if (status == PRIO_OK && part->output->is_sent)
		status = sink_append(part->outbox, text, error);
	if (status == PRIO_OK)
		status = hashed(sha256_add(part->sha, text), error);
	part->n_bytes += text.n;
	return status;
}

static enum prio_status flush(struct part *part, struct prio_error *error)
{
	enum prio_status status = write_text(part, (struct prio_bytes){part->rows.p, part->rows.n}, error);

	part->rows.n = 0;
	return status;
}

/* What the manifest says of the part that was just written. */
static enum prio_status note(const struct part *part, struct prio_error *error)
{
	uint8_t digest[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	char name[OUTPUT_NAME_BYTES];
	enum prio_status status = hashed(sha256_end(part->sha, digest), error);

	if (status != PRIO_OK)
		return status;
	hex_encode(hex, digest, sizeof digest);
	output_part_name(part->output, part->index, name);
	json_t *entry = json_pack("{s:s,s:I,s:s}", "name", name, "size", (json_int_t)part->n_bytes, "sha256", hex);
	if (entry == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	part->output->written[part->index] = entry;
	return PRIO_OK;
}

/* The part appears, unless it is empty. */
static enum prio_status commit(struct part *part, struct prio_error *error)
{
	enum prio_status status = flush(part, error);
	struct sink *own = part->own;
	struct sink *outbox = part->outbox;

	if (status != PRIO_OK || own == NULL)
		return status;
	part->own = part->outbox = NULL;
	status = sink_commit(own, error);
	if (outbox != NULL && status == PRIO_OK)
		status = sink_commit(outbox, error);
	else
		sink_abort(outbox);
	return status == PRIO_OK ? note(part, error) : status;
}

static void clear(struct part *part)
{
	sink_abort(part->own);
	sink_abort(part->outbox);
	sha256_free(part->sha);
	line_buffer_clear(&part->rows);
}

enum prio_status output_write(struct output *output, struct prio_bytes text, struct prio_error *error)
{
	struct part part = {.output = output};
	enum prio_status status = write_text(&part, text, error);

	if (status == PRIO_OK)
		status = commit(&part, error);
	clear(&part);
	return status;
}

static enum prio_status write_record(void *context, const struct checkpoint_entry *entry, uint64_t record,
				     struct kept_record *kept, struct prio_error *error)
{
	struct part *part = context;
	const struct batch_run *batch = part->output->batch;
	struct output_packet packet = {.n_bytes = 0};
	enum prio_status status;

	if (record == UINT64_MAX)
		return PRIO_OK;
	status = part->packet_of(entry, kept, &packet, error);
	if (status != PRIO_OK || packet.n_bytes == 0)
		return status;
	part->n_rows++;
	if (part->output->is_dry)
		return PRIO_OK;
	status = record_write(&part->rows, RECORD_COMPACT, entry->id, batch->ids_are_numbers,
			      (struct prio_bytes){packet.bytes, packet.n_bytes});
	if (status != PRIO_OK)
		return error_set(error, status, "writing a record: %s", prio_status_sentence(status));
	return part->rows.n < FLUSH_BYTES ? PRIO_OK : flush(part, error);
}

struct writing {
	struct output *output;
	output_packet_of *packet_of;
	atomic_uint_fast64_t n_rows;
};

static enum prio_status write_bundle(void *context, unsigned worker, size_t index, struct prio_error *error)
{
	struct writing *writing = context;
	struct output *output = writing->output;
	struct part part = {.output = output, .index = index, .packet_of = writing->packet_of};
	size_t end = plan_bundle_begin(&output->batch->plan, index + 1);
	enum prio_status status = PRIO_OK;

	(void)worker;
	for (size_t task = plan_bundle_begin(&output->batch->plan, index); task < end && status == PRIO_OK; task++) {
		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = batch_visit_task(output->run, output->batch, task, KEPT_READ, write_record, &part, NULL, error);
	}
	if (status == PRIO_OK)
		status = commit(&part, error);
	atomic_fetch_add(&writing->n_rows, part.n_rows);
	clear(&part);
	return status;
}

enum prio_status output_write_records(struct output *output, output_packet_of *packet_of, uint64_t *n_rows,
				      struct prio_error *error)
{
	struct writing writing = {.output = output, .packet_of = packet_of};
	unsigned n_workers = output->run->n_workers;
	/* Twice the threads: one that waits for its part to be durable leaves its processor to another. One job stays one thread. */
	enum prio_status status =
		exec_run(n_workers > 1 ? 2 * n_workers : 1, plan_n_bundles(&output->batch->plan), write_bundle, &writing, error);

	*n_rows = atomic_load(&writing.n_rows);
	return status;
}
