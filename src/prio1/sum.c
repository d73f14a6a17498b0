#include "prio1/sum.h"

#include <stdlib.h>

#include "base/ct.h"
#include "base/wipe.h"
#include "prio1/field/accumulate.h"
#include "prio1/field/load.h"

enum { COUNT_BYTES = 8 };

enum prio_status prio_tentative_new(struct prio_tentative **sum, const struct prio_batch *batch)
{
	struct prio_tentative *made = calloc(1, sizeof *made);

	*sum = NULL;
	if (made == NULL)
		return PRIO_ERR_MEMORY;
	params_copy_init(&made->copy, &batch->copy.params);
	made->server = batch->server;
	if (field_vector_init(&made->sums, made->copy.params.n_data) != PRIO_OK) {
		free(made);
		return PRIO_ERR_MEMORY;
	}
	*sum = made;
	return PRIO_OK;
}

void prio_tentative_free(struct prio_tentative *sum)
{
	if (sum == NULL)
		return;
	field_vector_clear(&sum->sums, sum->copy.params.n_data);
	wipe(sum, sizeof *sum);
	free(sum);
}

uint64_t prio_tentative_count(const struct prio_tentative *sum)
{
	return sum->count;
}

static void make_elements(struct prio_tentative *sum)
{
	if (sum->n_unreduced > 0)
		field_accumulate_reduce(&sum->sums, sum->copy.params.n_data);
	sum->n_unreduced = 0;
}

void sum_take(struct prio_tentative *sum, const struct field_vector *data)
{
	if (sum->n_unreduced >= FIELD_ACCUMULATE_MAX)
		make_elements(sum);
	field_accumulate(&sum->sums, data, sum->copy.params.n_data);
	sum->n_unreduced++;
	sum->count++;
}

static bool fit(const struct prio_tentative *one, const struct prio_tentative *other)
{
	return one->server == other->server && params_same_batch(&one->copy.params, &other->copy.params);
}

enum prio_status prio_tentative_add(struct prio_tentative *sum, const struct prio_tentative *other)
{
	if (!fit(sum, other) || other->count > UINT64_MAX - sum->count)
		return PRIO_ERR_MISMATCH;

	make_elements(sum);
	for (size_t i = 0; i < sum->copy.params.n_data; i++) {
		u128 x = field_reduce(field_vector_get(&other->sums, i));

		field_vector_set(&sum->sums, i, field_add(field_vector_get(&sum->sums, i), x));
	}
	sum->count += other->count;
	return PRIO_OK;
}

enum prio_status prio_tentative_subtract(struct prio_tentative *sum, const struct prio_tentative *other)
{
	if (!fit(sum, other) || other->count > sum->count)
		return PRIO_ERR_MISMATCH;

	make_elements(sum);
	for (size_t i = 0; i < sum->copy.params.n_data; i++) {
		u128 x = field_reduce(field_vector_get(&other->sums, i));

		field_vector_set(&sum->sums, i, field_sub(field_vector_get(&sum->sums, i), x));
	}
	sum->count -= other->count;
	return PRIO_OK;
}

size_t prio_tentative_bytes(const struct prio_tentative *sum)
{
	return COUNT_BYTES + (size_t)sum->copy.params.n_data * FIELD_BYTES;
}

void prio_tentative_write(const struct prio_tentative *sum, struct prio_mut out)
{
	if (out.n != prio_tentative_bytes(sum)) {
		wipe(out.p, out.n); /* a caller's mistake: let it read as a sum of nothing, not as memory's content */
		return;
	}
	for (size_t i = 0; i < COUNT_BYTES; i++)
		out.p[i] = (uint8_t)(sum->count >> (56 - 8 * i));
	for (size_t i = 0; i < sum->copy.params.n_data; i++)
		field_to_bytes(out.p + COUNT_BYTES + i * FIELD_BYTES, field_reduce(field_vector_get(&sum->sums, i)));
}

enum prio_status prio_tentative_read(struct prio_tentative *sum, struct prio_bytes in)
{
	bool good = true;

	if (in.n != prio_tentative_bytes(sum))
		return PRIO_ERR_FORMAT;
	for (size_t i = 0; i < sum->copy.params.n_data; i++) {
		u128 x;

		good &= field_from_bytes(&x, in.p + COUNT_BYTES + i * FIELD_BYTES);
		field_vector_set(&sum->sums, i, x);
	}
	good = ct_reveal(good);
	sum->count = good ? field_load_be64(in.p) : 0;
	sum->n_unreduced = 0;
	if (!good)
		field_vector_wipe(&sum->sums, sum->copy.params.n_data);
	return good ? PRIO_OK : PRIO_ERR_FORMAT;
}
