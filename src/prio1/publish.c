#include "base/error.h"
#include "prio1/total_internal.h"

enum prio_status prio_total_recombine(struct prio_total *total)
{
	uint32_t precision = total->copy.params.precision;

	if (precision == 0 || total->recombined)
		return PRIO_ERR_CONFIG;

	total->n_fields /= precision;
	for (size_t j = 0; j < total->n_fields; j++) {
		u128 sum = 0;

		/* Most significant bit first. Entry j is written where only entries before it were read from. */
		for (size_t i = 0; i < precision; i++)
			sum = field_add(field_add(sum, sum), field_vector_get(&total->fields, j * precision + i));
		field_vector_set(&total->fields, j, sum);
	}
	total->recombined = true;
	return PRIO_OK;
}

enum prio_status prio_publish(uint64_t *sums, const struct prio_total *one, const struct prio_total *other,
			      struct prio_error *error)
{
	if (one->server == other->server)
		return error_set(error, PRIO_ERR_MISMATCH, "both totals are server %s's; one of each is needed",
				 one->server == PRIO_SERVER_A ? "A" : "B");
	if (one->recombined != other->recombined || !params_same_batch(&one->copy.params, &other->copy.params))
		return error_set(error, PRIO_ERR_MISMATCH, "the totals are of different batches or sizes");

	for (size_t i = 0; i < one->n_fields; i++) {
		u128 sum = field_add(field_vector_get(&one->fields, i), field_vector_get(&other->fields, i));

		if (sum >> 64 != 0)
			return error_set(error, PRIO_ERR_OVERFLOW,
					 "the sum of field %zu does not fit 64 bits: the two servers' totals are over "
					 "different records",
					 i);
		sums[i] = (uint64_t)sum;
	}
	return PRIO_OK;
}
