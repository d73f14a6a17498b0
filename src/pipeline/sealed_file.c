#include "pipeline/sealed_file.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/secret_alloc.h"
#include "crypt/aes_gcm.h"
#include "crypt/hkdf.h"
#include "crypt/random.h"

static const uint8_t magic[8] = {'P', 'R', 'I', 'O', 'S', 'E', 'A', 'L'};
enum { SALT_BYTES = 32, LENGTH_BYTES = 4 };
#define LAST_FRAME 0x80000000U

/* What writer and reader share: the frame at hand and the key. */
struct frames {
	struct aes_gcm *gcm;
	uint8_t key[AES256_KEY_BYTES];
	uint8_t digest[SEALED_BINDING_BYTES];
	uint64_t counter;
	size_t n;  /* bytes of the frame that are filled */
	size_t at; /* bytes of it that were read */
	uint8_t text[SEALED_FRAME_BYTES + AES_GCM_TAG_BYTES];
};

static enum prio_status frames_init(struct frames *frames, const struct sealed_binding *binding, const uint8_t *salt)
{
	struct prio_bytes info = {(const uint8_t *)binding->label, strlen(binding->label)};
	struct prio_mut key = {frames->key, sizeof frames->key};
	enum prio_status status = aes_gcm_new(&frames->gcm, AES256_KEY_BYTES);

	memcpy(frames->digest, binding->digest, sizeof frames->digest);
	if (status == PRIO_OK)
		status = hkdf_sha256(key, binding->secret, (struct prio_bytes){salt, SALT_BYTES}, info);
	return status;
}

static void put_be(uint8_t *out, uint64_t value, size_t n)
{
	while (n-- > 0) {
		out[n] = (uint8_t)value;
		value >>= 8;
	}
}

static void nonce_of(uint8_t iv[AES_GCM_IV_BYTES], uint64_t counter, bool last)
{
	put_be(iv, counter, 8);
	put_be(iv + 8, last, 4);
}

struct sealed_writer {
	struct sink *sink;
	struct frames frames;
};

enum prio_status sealed_writer_new(struct sealed_writer **out, struct store *store, const char *key,
				   enum sealed_kind kind, const struct sealed_binding *binding, struct prio_error *error)
{
	struct sealed_writer *writer = secret_alloc(sizeof *writer);
	uint8_t header[sizeof magic + SALT_BYTES];
	enum prio_status status;

	if (writer == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	memcpy(header, magic, sizeof magic);
	status = random_bytes((struct prio_mut){header + sizeof magic, SALT_BYTES});
	if (status == PRIO_OK)
		status = frames_init(&writer->frames, binding, header + sizeof magic);
	if (status != PRIO_OK) {
		error_set(error, status, "sealing %s: %s", key, prio_status_sentence(status));
		goto fail;
	}
	status = kind == SEALED_SCRATCH ? store_create_scratch(store, key, &writer->sink, error)
					: store_create(store, key, &writer->sink, error);
	if (status == PRIO_OK)
		status = sink_append(writer->sink, (struct prio_bytes){header, sizeof header}, error);
	if (status == PRIO_OK) {
		*out = writer;
		return PRIO_OK;
	}
fail:
	sealed_abort(writer);
	return status;
}

static enum prio_status write_frame(struct sealed_writer *writer, bool last, struct prio_error *error)
{
	struct frames *frames = &writer->frames;
	uint8_t iv[AES_GCM_IV_BYTES];
	uint8_t length[LENGTH_BYTES];
	struct prio_bytes aad = {frames->digest, sizeof frames->digest};
	enum prio_status status;

	nonce_of(iv, frames->counter++, last);
	put_be(length, frames->n | (last ? LAST_FRAME : 0), sizeof length);
	status = aes_gcm_seal(frames->gcm, (struct prio_mut){frames->text, frames->n}, frames->text + frames->n, frames->key, iv,
			      aad);
	if (status != PRIO_OK)
		return error_set(error, status, "sealing a private object: %s", prio_status_sentence(status));
	status = sink_append(writer->sink, (struct prio_bytes){length, sizeof length}, error);
	if (status == PRIO_OK)
		status = sink_append(writer->sink, (struct prio_bytes){frames->text, frames->n + AES_GCM_TAG_BYTES}, error);
	frames->n = 0;
	return status;
}

enum prio_status sealed_append(struct sealed_writer *writer, const void *bytes, size_t n, struct prio_error *error)
{
	struct frames *frames = &writer->frames;
	const uint8_t *p = bytes;

	while (n > 0) {
		size_t room = SEALED_FRAME_BYTES - frames->n;
		size_t piece = n < room ? n : room;

		/* A full frame is written when more follows, so the last one is never empty unless all is. */
		if (room == 0) {
			enum prio_status status = write_frame(writer, false, error);

			if (status != PRIO_OK)
				return status;
			continue;
		}
		memcpy(frames->text + frames->n, p, piece);
		frames->n += piece;
		p += piece;
		n -= piece;
	}
	return PRIO_OK;
}

enum prio_status sealed_commit(struct sealed_writer *writer, struct prio_error *error)
{
	enum prio_status status = write_frame(writer, true, error);
	struct sink *sink = writer->sink;

	if (status != PRIO_OK) {
		sealed_abort(writer);
		return status;
	}
	writer->sink = NULL;
	sealed_abort(writer);
	return sink_commit(sink, error);
}

void sealed_abort(struct sealed_writer *writer)
{
	if (writer == NULL)
		return;
	sink_abort(writer->sink);
	aes_gcm_free(writer->frames.gcm);
	secret_free(writer, sizeof *writer);
}

struct sealed_reader {
	struct stream *stream;
	struct frames frames;
	bool last;
};

/* Fill bytes from the stream, one block at a time. Fewer than n at the end is PRIO_ERR_FORMAT. */
static enum prio_status take_exactly(struct stream *stream, uint8_t *bytes, size_t n, struct prio_error *error)
{
	size_t n_taken = 0;
	enum prio_status status = PRIO_OK;

	if (n == 0)
		return PRIO_OK;
	status = stream_lend(stream, (struct prio_mut){bytes, n}, error);
	if (status == PRIO_OK)
		status = stream_take(stream, &n_taken, error);
	if (status == PRIO_OK && n_taken != n)
		return error_set(error, PRIO_ERR_FORMAT, "a private object ends too early");
	return status;
}

static enum prio_status read_frame(struct sealed_reader *reader, struct prio_error *error)
{
	struct frames *frames = &reader->frames;
	uint8_t iv[AES_GCM_IV_BYTES];
	uint8_t length[LENGTH_BYTES];
	struct prio_bytes aad = {frames->digest, sizeof frames->digest};
	enum prio_status status = take_exactly(reader->stream, length, sizeof length, error);

	if (status != PRIO_OK)
		return status;
	/* The highest bit says that this is the last frame. Nobody need trust it: the nonce, and so the tag, depend on it. */
	reader->last = length[0] >> 7 == 1;
	size_t n = (size_t)(length[0] & 0x7f) << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
	if (n > SEALED_FRAME_BYTES)
		return error_set(error, PRIO_ERR_FORMAT, "a private object is damaged");
	status = take_exactly(reader->stream, frames->text, n + AES_GCM_TAG_BYTES, error);
	if (status != PRIO_OK)
		return status;
	nonce_of(iv, frames->counter++, reader->last);
	status = aes_gcm_open(frames->gcm, (struct prio_mut){frames->text, n}, frames->text + n, frames->key, iv, aad);
	frames->at = 0;
	frames->n = status == PRIO_OK ? n : 0;
	if (status == PRIO_REFUSED_BAD_TAG)
		return error_set(error, PRIO_ERR_FORMAT, "a private object is damaged, or belongs to other inputs or keys");
	if (status != PRIO_OK)
		error_set(error, status, "opening a private object: %s", prio_status_sentence(status));
	return status;
}

enum prio_status sealed_reader_new(struct sealed_reader **out, struct store *store, const char *key,
				   const struct sealed_binding *binding, struct prio_error *error)
{
	struct sealed_reader *reader = NULL;
	struct stream *stream;
	uint8_t header[sizeof magic + SALT_BYTES];
	enum prio_status status = store_open(store, key, 0, UINT64_MAX, &stream, error);

	if (status != PRIO_OK) /* often: it is asked for to see whether it is there */
		goto fail;
	reader = secret_alloc(sizeof *reader);
	if (reader == NULL) {
		stream_close(stream);
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	reader->stream = stream;
	status = take_exactly(stream, header, sizeof header, error);
	if (status == PRIO_OK && memcmp(header, magic, sizeof magic) != 0)
		status = error_set(error, PRIO_ERR_FORMAT, "not a private object of this program");
	if (status == PRIO_OK)
		status = frames_init(&reader->frames, binding, header + sizeof magic);
	if (status == PRIO_OK)
		status = read_frame(reader, error);
	if (status != PRIO_OK)
		goto fail;
	*out = reader;
	return PRIO_OK;

fail:
	error_prefix(error, "%s", key);
	sealed_reader_free(reader);
	return status;
}

enum prio_status sealed_read(struct sealed_reader *reader, void *bytes, size_t n, struct prio_error *error)
{
	struct frames *frames = &reader->frames;
	uint8_t *p = bytes;

	while (n > 0) {
		size_t left = frames->n - frames->at;
		size_t piece = n < left ? n : left;

		if (left == 0 && reader->last)
			return error_set(error, PRIO_ERR_FORMAT, "a private object ends too early");
		if (left == 0) {
			enum prio_status status = read_frame(reader, error);

			if (status != PRIO_OK)
				return status;
			continue;
		}
		memcpy(p, frames->text + frames->at, piece);
		frames->at += piece;
		p += piece;
		n -= piece;
	}
	return PRIO_OK;
}

enum prio_status sealed_at_end(struct sealed_reader *reader, struct prio_error *error)
{
	if (reader->last && reader->frames.at == reader->frames.n)
		return PRIO_OK;
	return error_set(error, PRIO_ERR_FORMAT, "a private object has more in it than it should");
}

void sealed_reader_free(struct sealed_reader *reader)
{
	if (reader == NULL)
		return;
	stream_close(reader->stream);
	aes_gcm_free(reader->frames.gcm);
	secret_free(reader, sizeof *reader);
}
