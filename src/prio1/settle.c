#include "prio1/field/field.h"
#include "prio1/sum.h"
#include "prio1/total_internal.h"

enum prio_status prio_settle(struct prio_total **total, const struct prio_tentative *sum, uint64_t n_accepted)
{
	enum prio_status status;

	*total = NULL;
	if (sum->count != n_accepted)
		return PRIO_ERR_UNSETTLED;

	status = total_new(total, &sum->copy.params, sum->server);
	if (status != PRIO_OK)
		return status;
	for (size_t i = 0; i < (*total)->n_fields; i++)
		field_vector_set(&(*total)->fields, i, field_reduce(field_vector_get(&sum->sums, i)));
	return PRIO_OK;
}
