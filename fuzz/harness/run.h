/* run: one server's run over buckets in memory, with one batch, as far as readers of manifests and the journal need it.
 */
#ifndef FUZZ_HARNESS_RUN_H
#define FUZZ_HARNESS_RUN_H

#include "pipeline/run.h"

#define FUZZ_PREFIX "partner/app/2024-01-01"

struct fuzz_run {
	struct process_settings settings;
	struct batch_config config;
	struct batch_run batch;
	struct run run;
	/* Those of run in memory, which a run that goes on puts behind a fence. */
	struct store *ingest;
	struct store *own;
	struct store *inbox;
};

/* fuzz_run_init: server A, a batch "fuzz" of three fields. fuzz_run_clear frees all, stores included. */
void fuzz_run_init(struct fuzz_run *made);
void fuzz_run_clear(struct fuzz_run *made);

/* fuzz_sign: content as an object of this label and key, signed with the secret or the private key that a reader will
 * check it under, put into a store. */
void fuzz_sign(struct store *store, const char *key, struct prio_bytes secret, const char *label,
	       const json_t *content);

#endif
