/* transforms: a client's kernels under each table against the plain ones: transforms there and back, proofs, and the
 * text of what is left of one vector less another.
 *
 * Input: a byte for the size and one for where the second vector begins, then elements of 11 bytes, taken again and
 * again where there are too few. */
#include "fuzz/harness/element.h"
#include "fuzz/harness/fuzz.h"
#include "prio1/codec/kernels.h"
#include "prio1/ntt/kernels.h"

enum { LOG2_SIZES = 11, VECTORS = 4 };

typedef void transform(const struct ntt *ntt, struct field_vector *vector);

static void fill(struct field_vector *x, struct prio_bytes in, size_t first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		field_vector_set(x, i, element(in, first + i));
}

static void check_same(const struct field_vector *x, const struct field_vector *y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK(x->lo[i] == y->lo[i] && x->hi[i] == y->hi[i] && field_is_element(field_vector_get(x, i)));
}

static void check_transforms(const struct ntt *ntt, const struct ntt *plain, struct field_vector vectors[VECTORS],
			     struct prio_bytes in, size_t second)
{
	static transform *const transforms[] = {ntt_evaluate, ntt_interpolate, ntt_extend};
	struct field_vector *got = &vectors[0], *want = &vectors[1], *data = &vectors[2];

	for (size_t t = 0; t < sizeof transforms / sizeof transforms[0]; t++) {
		fill(got, in, 0, ntt->n);
		fill(want, in, 0, ntt->n);
		transforms[t](ntt, got);
		transforms[t](plain, want);
		check_same(got, want, ntt->n);
	}
	fill(data, in, second, ntt->n);
	fill(&vectors[3], in, 2 * second, ntt->n);
	ntt_prove(ntt, got, data, &vectors[3], element(in, second));
	ntt_prove(plain, want, data, &vectors[3], element(in, second));
	check_same(got, want, ntt->n);

	fill(got, in, 0, ntt->n);
	ntt_interpolate(ntt, got);
	ntt_evaluate(ntt, got);
	fill(want, in, 0, ntt->n);
	check_same(got, want, ntt->n);
}

/* From an element on that is not aligned. */
static void check_written(codec_write_kernel *write, const struct field_vector *x, const struct field_vector *y,
			  size_t n)
{
	struct field_vector x_part = field_vector_from(x, 1), y_part = field_vector_from(y, 1);
	size_t room = (n - 1) * CODEC_FIELD_BYTES_MAX;
	uint8_t *got = malloc(room + 1), *want = malloc(room + 1);

	FUZZ_CHECK(got != NULL && want != NULL);
	size_t n_bytes = write(got, &x_part, &y_part, n - 1);
	struct codec_writer writer = codec_writer_of((struct prio_mut){want, room});
	for (size_t i = 1; i < n; i++)
		codec_write_field(&writer, field_sub(field_vector_get(x, i), field_vector_get(y, i)));
	FUZZ_CHECK(!writer.overflow && n_bytes == writer.n && memcmp(got, want, n_bytes) == 0);
	free(got);
	free(want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	unsigned log2_n = fuzz_byte(&in) % LOG2_SIZES;
	size_t second = fuzz_byte(&in), n_points = (size_t)1 << log2_n;
	struct field_vector vectors[VECTORS];
	struct ntt plain;

	FUZZ_OK(ntt_init_by(ntt_kernels_of(CPU_PORTABLE), &plain, log2_n));
	for (size_t i = 0; i < VECTORS; i++)
		FUZZ_OK(field_vector_init(&vectors[i], n_points));
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
		struct ntt ntt;

		FUZZ_OK(ntt_init_by(ntt_kernels_of(table), &ntt, log2_n));
		check_transforms(&ntt, &plain, vectors, in, second);
		fill(&vectors[0], in, 0, n_points);
		fill(&vectors[1], in, second, n_points);
		check_written(codec_kernels_of(table)->write, &vectors[0], &vectors[1], n_points);
		ntt_clear(&ntt);
	}
	for (size_t i = 0; i < VECTORS; i++)
		field_vector_clear(&vectors[i], n_points);
	ntt_clear(&plain);
	return 0;
}
