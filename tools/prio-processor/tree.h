/* tree: what lies under a prefix, in the order in which it may be copied or deleted.
 *
 * A marker, _SUCCESS, says that all beside and below it is whole, and a manifest (another name with "_" before it) what that is. So
 * they are copied last, and deleted first: at no moment does a marker promise what is not there. */
#ifndef TOOLS_PRIO_PROCESSOR_TREE_H
#define TOOLS_PRIO_PROCESSOR_TREE_H

#include "prio-processor/place.h"

struct tree {
	char **keys; /* whole keys; those of markers at the end, the uppermost last */
	size_t n;
	size_t n_plain; /* of them no markers */
	uint64_t n_bytes;
	size_t prefix_bytes; /* of the part of each key that they share, with its slash */
	size_t room_;
};

/* tree_list: everything under the place's key. tree_clear frees it, zeroed or not yet listed. */
PRIO_MUST_USE enum prio_status tree_list(struct tree *tree, const struct place *place, struct prio_error *error);
void tree_clear(struct tree *tree);

#endif
