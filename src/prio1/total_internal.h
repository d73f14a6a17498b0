/* total_internal: the inside of a total. */
#ifndef PRIO1_TOTAL_INTERNAL_H
#define PRIO1_TOTAL_INTERNAL_H

#include "prio/total.h"
#include "prio1/field/vector.h"
#include "prio1/params.h"

struct prio_total {
	struct params_copy copy;
	enum prio_server_id server;
	bool recombined;            /* fields are integers, not bits */
	size_t n_fields;
	size_t n_room;              /* what fields was made for */
	struct field_vector fields; /* elements */
};

/* total_new: all fields zero, over bits. PRIO_OK or PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status total_new(struct prio_total **total, const struct prio_params *params,
					 enum prio_server_id server);

#endif
