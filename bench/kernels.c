/* Kernels at 2000 fields, through the functions that call them, so that a kernel is measured as it is used. */
#include "bench/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "bench/yardsticks.h"
#include "crypt/aes_gcm.h"
#include "crypt/sha256.h"
#include "crypt/x25519.h"
#include "prio1/codec/codec.h"
#include "prio1/field/dot.h"
#include "prio1/field/kernels.h"
#include "prio1/ntt/lagrange.h"
#include "prio1/ntt/ntt.h"
#include "prio1/prg/prg.h"
#include "record/base64.h"
#include "record/kernels.h"

enum {
	N_DATA = 2000,
	LOG2_N = 11,
	N = 1 << LOG2_N,     /* points of h */
	N_BOTH = N_DATA + N, /* elements of a share */
	SHARE_BYTES = N_BOTH * CODEC_FIELD_BYTES_MAX,
	TEXT_BYTES = SHARE_BYTES / 3 * 4,
	KEYS = 32,
};

/* What the kernels work on, and where their results go. One for each table. */
struct work {
	struct x25519 *x25519;
	uint8_t keys[KEYS][X25519_KEY_BYTES];
	const uint8_t *key_list[KEYS];
	struct x25519_shared shared[KEYS];
	struct aes_gcm *gcm;
	struct sha256 *sha;
	struct prg prg;
	struct ntt ntt;
	struct lagrange lagrange;
	struct field_vector x, y, out, whole, odd;
	uint8_t tag[AES_GCM_TAG_BYTES];
	uint8_t digest[SHA256_BYTES];
	uint32_t crc;
	u128 dot;
	uint8_t *sealed, *opened, *wire, *written, *text, *decoded;
	size_t n_written, n_plain;
};

static const uint8_t a_key[X25519_KEY_BYTES] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
static const uint8_t batch_id[] = "bench";

static void ok(enum prio_status status)
{
	must(status == PRIO_OK, prio_status_sentence(status));
}

static struct work *work_new(enum cpu_table table)
{
	struct work *work = must_alloc(sizeof *work);

	use_table(table);
	ok(x25519_new(&work->x25519, a_key));
	ok(aes_gcm_new(&work->gcm, AES128_KEY_BYTES));
	ok(sha256_new(&work->sha));
	ok(prg_init(&work->prg));
	ok(ntt_init(&work->ntt, LOG2_N));
	ok(field_vector_init(&work->x, N_BOTH));
	ok(field_vector_init(&work->y, N_BOTH));
	ok(field_vector_init(&work->out, N_BOTH));
	ok(lagrange_init(&work->lagrange, LOG2_N));
	ok(field_vector_init(&work->whole, N));
	ok(field_vector_init(&work->odd, N));
	work->sealed = must_alloc(SHARE_BYTES);
	work->opened = must_alloc(SHARE_BYTES);
	work->wire = must_alloc(SHARE_BYTES);
	work->written = must_alloc(SHARE_BYTES);
	work->text = must_alloc(TEXT_BYTES);
	work->decoded = must_alloc(base64_decoded_max(TEXT_BYTES));

	for (size_t i = 0; i < KEYS; i++) {
		for (size_t k = 0; k < X25519_KEY_BYTES; k++)
			work->keys[i][k] = (uint8_t)(1 + 37 * i + 11 * k);
		work->key_list[i] = work->keys[i];
	}
	/* Any elements will do that are the same in all tables. */
	ok(prg_seed(&work->prg, a_key, (struct prio_bytes){batch_id, 1}, PRIO_PRG_BATCH));
	ok(prg_fill(&work->prg, &work->x, N_BOTH));
	ok(prg_fill(&work->prg, &work->y, N_BOTH));
	struct codec_writer writer = codec_writer_of((struct prio_mut){work->wire, SHARE_BYTES});
	for (size_t i = 0; i < N_BOTH; i++)
		codec_write_field(&writer, field_vector_get(&work->x, i));
	must(!writer.overflow, "room for elements");
	memcpy(work->sealed, work->wire, SHARE_BYTES);
	ok(aes_gcm_seal(work->gcm, (struct prio_mut){work->sealed, SHARE_BYTES}, work->tag, a_key, a_key,
			(struct prio_bytes){batch_id, sizeof batch_id}));
	base64_encode(work->text, (struct prio_bytes){work->sealed, SHARE_BYTES});
	return work;
}

static void work_free(struct work *work)
{
	x25519_free(work->x25519);
	aes_gcm_free(work->gcm);
	sha256_free(work->sha);
	prg_clear(&work->prg);
	ntt_clear(&work->ntt);
	field_vector_clear(&work->x, N_BOTH);
	field_vector_clear(&work->y, N_BOTH);
	field_vector_clear(&work->out, N_BOTH);
	lagrange_clear(&work->lagrange);
	field_vector_clear(&work->whole, N);
	field_vector_clear(&work->odd, N);
	free(work->sealed);
	free(work->opened);
	free(work->wire);
	free(work->written);
	free(work->text);
	free(work->decoded);
	free(work);
}

static uint32_t crc_of_vector(const struct field_vector *vector, size_t n)
{
	uint32_t crc = crc32c(0, (struct prio_bytes){(const uint8_t *)vector->lo, n * sizeof *vector->lo});

	return crc32c(crc, (struct prio_bytes){(const uint8_t *)vector->hi, n * sizeof *vector->hi});
}

/* One function runs a kernel, another tells its result in a number that can be compared. */
static void run_x25519(void *context)
{
	struct work *work = context;

	ok(x25519_many(work->x25519, work->shared, work->key_list, KEYS));
}
static uint32_t result_x25519(const struct work *work)
{
	return crc32c(0, (struct prio_bytes){work->shared[0].bytes, sizeof work->shared});
}

static void run_kdf(void *context)
{
	static const uint8_t counter[4] = {0, 0, 0, 1};
	struct work *work = context;
	const struct prio_bytes parts[] = {{a_key, sizeof a_key}, {counter, sizeof counter}};

	ok(sha256_of(work->sha, work->digest, parts, 2));
}
static uint32_t result_kdf(const struct work *work)
{
	return crc32c(0, (struct prio_bytes){work->digest, sizeof work->digest});
}

static void prepare_open(void *context)
{
	struct work *work = context;

	memcpy(work->opened, work->sealed, SHARE_BYTES);
}
static void run_open(void *context)
{
	struct work *work = context;

	ok(aes_gcm_open(work->gcm, (struct prio_mut){work->opened, SHARE_BYTES}, work->tag, a_key, a_key,
			(struct prio_bytes){batch_id, sizeof batch_id}));
}
static uint32_t result_open(const struct work *work)
{
	return crc32c(0, (struct prio_bytes){work->opened, SHARE_BYTES});
}

static void run_read(void *context)
{
	struct work *work = context;
	struct codec_reader reader = {work->wire, SHARE_BYTES};

	ok(codec_read_fields(&reader, &work->out, N_BOTH));
}
static uint32_t result_vector(const struct work *work)
{
	return crc_of_vector(&work->out, N_BOTH);
}

static void run_dot(void *context)
{
	struct work *work = context;
	struct field_vector x = field_vector_from(&work->x, N_DATA), y = field_vector_from(&work->y, N_DATA);

	work->dot = field_add(field_dot(&work->x, &work->y, N_DATA), field_dot(&x, &y, N));
}
static uint32_t result_dot(const struct work *work)
{
	return crc32c(0, (struct prio_bytes){(const uint8_t *)&work->dot, sizeof work->dot});
}

/* The same at a record's own query point, whose coefficients are made first. */
static void run_own_point(void *context)
{
	struct work *work = context;
	struct field_vector h = field_vector_from(&work->x, N_DATA);

	(void)lagrange_at(&work->lagrange, &work->whole, &work->odd, FIELD_P - 5);
	work->dot = field_add(field_dot(&work->whole, &work->x, N_DATA), field_dot(&work->odd, &h, N));
}

static void run_expand(void *context)
{
	struct work *work = context;
	struct field_vector h = field_vector_from(&work->out, N_DATA);

	ok(prg_seed(&work->prg, a_key, (struct prio_bytes){batch_id, sizeof batch_id}, PRIO_PRG_BATCH));
	ok(prg_fill(&work->prg, &work->out, N_DATA));
	ok(prg_fill(&work->prg, &h, N));
}

static void prepare_accumulate(void *context)
{
	struct work *work = context;

	memcpy(work->out.lo, work->y.lo, N_BOTH * sizeof *work->out.lo);
	memcpy(work->out.hi, work->y.hi, N_BOTH * sizeof *work->out.hi);
}
static void run_accumulate(void *context)
{
	struct work *work = context;

	field_kernels()->accumulate(&work->out, &work->x, N_DATA);
}

static void run_decode(void *context)
{
	struct work *work = context;
	struct prio_mut out = {work->decoded, base64_decoded_max(TEXT_BYTES)};

	ok(base64_decode(&out, (struct prio_bytes){work->text, TEXT_BYTES}));
	must(out.n == SHARE_BYTES, "length of decoded base64");
}
static uint32_t result_decode(const struct work *work)
{
	return crc32c(0, (struct prio_bytes){work->decoded, SHARE_BYTES});
}

static void run_plain(void *context)
{
	struct work *work = context;

	work->n_plain = record_kernels()->plain_length(work->text, TEXT_BYTES);
}
static uint32_t result_plain(const struct work *work)
{
	return (uint32_t)work->n_plain;
}

static void run_crc(void *context)
{
	struct work *work = context;

	work->crc = 0;
	(void)crc32c_until(&work->crc, (struct prio_bytes){work->text, TEXT_BYTES}, '\n');
}
static uint32_t result_crc(const struct work *work)
{
	return work->crc;
}

static void run_extend(void *context)
{
	struct work *work = context;

	ntt_extend(&work->ntt, &work->out);
}

static void run_prove(void *context)
{
	struct work *work = context;

	ntt_prove(&work->ntt, &work->out, &work->x, &work->y, FIELD_P - 5);
}

static void run_write(void *context)
{
	struct work *work = context;
	struct codec_writer writer = codec_writer_of((struct prio_mut){work->written, SHARE_BYTES});

	codec_write_differences(&writer, &work->x, &work->y, N_BOTH);
	work->n_written = writer.n;
}
static uint32_t result_write(const struct work *work)
{
	return crc32c(0, (struct prio_bytes){work->written, work->n_written});
}

enum limit { NO_LIMIT, AES, COPY };

/* bytes: what the limit is measured with: those that are encrypted, or those that are read. */
static const struct kernel {
	const char *name;
	void (*prepare)(void *);
	void (*run)(void *);
	uint32_t (*result)(const struct work *);
	double per;
	enum limit limit;
	size_t bytes;
	bool one_for_all; /* has no versions */
} kernels[] = {
	{"x25519", NULL, run_x25519, result_x25519, KEYS, NO_LIMIT, 0, false},
	{"key_derivation", NULL, run_kdf, result_kdf, 1, NO_LIMIT, 0, true},
	{"gcm_open", prepare_open, run_open, result_open, 1, AES, SHARE_BYTES, false},
	{"read_elements", NULL, run_read, result_vector, 1, COPY, SHARE_BYTES, false},
	{"expand_seed", NULL, run_expand, result_vector, 1, AES, 2 * SHARE_BYTES, false},
	{"inner_products", NULL, run_dot, result_dot, 1, COPY, N_BOTH * 32, false},
	{"own_query_point", NULL, run_own_point, result_dot, 1, NO_LIMIT, 0, false},
	{"add_to_sum", prepare_accumulate, run_accumulate, result_vector, 1, COPY, N_DATA * 32, false},
	{"base64_decode", NULL, run_decode, result_decode, 1, COPY, TEXT_BYTES, false},
	{"find_end_of_string", NULL, run_plain, result_plain, 1, COPY, TEXT_BYTES, false},
	{"crc32c_of_line", NULL, run_crc, result_crc, 1, COPY, TEXT_BYTES, true},
	{"transform_twice", prepare_accumulate, run_extend, result_vector, 1, NO_LIMIT, 0, false},
	{"multiply_values", prepare_accumulate, run_prove, result_vector, 1, COPY, N * 48, false},
	{"write_elements", NULL, run_write, result_write, 1, COPY, N_BOTH * 32, false},
};
enum { KERNELS = sizeof kernels / sizeof kernels[0] };

static uint32_t result_of(const struct kernel *kernel, struct work *work, enum cpu_table table)
{
	use_table(table);
	if (kernel->prepare != NULL)
		kernel->prepare(work);
	kernel->run(work);
	return kernel->result(work);
}

void bench_kernels(const struct effort *effort)
{
	static struct figure figures[1 + KERNELS * (CPU_TABLES + 1)];
	struct work *works[CPU_TABLES];
	size_t n = 0;

	for (enum cpu_table table = 0; table <= cpu_best(); table++)
		works[table] = work_new(table);
	figures[n++] = yardstick_x25519();
	for (size_t i = 0; i < KERNELS; i++) {
		const struct kernel *kernel = &kernels[i];
		const uint32_t right = result_of(kernel, works[CPU_PORTABLE], CPU_PORTABLE);

		for (enum cpu_table table = 0; table <= (kernel->one_for_all ? CPU_PORTABLE : cpu_best()); table++) {
			must(result_of(kernel, works[table], table) == right, kernel->name);
			figures[n++] = (struct figure){
				.what = kernel->name,
				.part = kernel->one_for_all ? "all" : NULL,
				.table = table,
				.prepare = kernel->prepare,
				.run = kernel->run,
				.context = works[table],
				.per = kernel->per,
			};
		}
		if (kernel->limit == AES)
			figures[n++] = yardstick_aes_ctr(kernel->name, "aes_128_ctr", kernel->bytes);
		else if (kernel->limit == COPY)
			figures[n++] = yardstick_copy(kernel->name, "memcpy", kernel->bytes);
	}
	figures_measure(figures, n, effort->rounds, effort->slice_s);
	figures_print(figures, n, effort->rounds, true);
	for (enum cpu_table table = 0; table <= cpu_best(); table++)
		work_free(works[table]);
}
