/* partner: beside a partner that may be the original (PARTNER=4.1): say who we are, and find out who it is.
 *
 * The original dies of a batch that shares no id with ours, so with it we wait for its verify1 before we send our own. Two servers
 * of this program that are both told to wait would wait for each other for ever: so each first puts a _partner.json at the top of
 * its verify1 directory, authenticated under the shared secret, which the original ignores (its name begins with "_"). */
#ifndef PIPELINE_PARTNER_H
#define PIPELINE_PARTNER_H

#include "pipeline/run.h"

/* partner_meet: announce ourselves and wait for the partner's announcement or verify1; sets run->partner_is_41. An announcement
 * that is not authentic is an error: PRIO_ERR_MISMATCH. */
PRIO_MUST_USE enum prio_status partner_meet(struct run *run, struct prio_error *error);

#endif
