/* sum: the inside of a tentative sum. */
#ifndef PRIO1_SUM_H
#define PRIO1_SUM_H

#include "prio1/batch_internal.h"

struct prio_tentative {
	struct params_copy copy;
	enum prio_server_id server;
	uint64_t count;           /* shares in it */
	uint64_t n_unreduced;     /* shares added since sums were elements */
	struct field_vector sums; /* n_data, by prio1/field/accumulate.h */
};

/* sum_take: add one share's data. */
void sum_take(struct prio_tentative *sum, const struct field_vector *data);

#endif
