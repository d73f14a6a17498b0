/* totals: what the vectors say of sums. */
#ifndef TESTS_VECTORS_TOTALS_H
#define TESTS_VECTORS_TOTALS_H

#include "tests/vectors/records.h"

static inline struct prio_bytes total_written(const struct prio_total *total, bool partial)
{
	struct prio_mut out = {NULL, prio_total_bytes_max(total)};

	out.p = vectors_hold(out.n);
	CHECK_STATUS(partial ? prio_total_write_partial(total, &out) : prio_total_write(total, &out), PRIO_OK);
	return prio_bytes_of(out);
}

/* The shares of the chosen records, opened and added up. Several passes over a sum must agree: this one adds what is
 * chosen, the other one takes away from everything what is not. */
static inline struct prio_total *total_of_chosen(const struct servers *servers, const json_t *records, size_t s,
						 const bool *chosen)
{
	const struct server *server = &servers->server[s];
	size_t n_records = json_array_size(records);
	enum prio_status *verdicts = vectors_hold(n_records * sizeof *verdicts);
	bool *others = vectors_hold(n_records * sizeof *others);
	struct prio_tentative *sum, *all, *refused;
	struct prio_total *total, *settled;
	struct prio_mut *sealed;
	size_t n, n_others;

	for (size_t i = 0; i < n_records; i++)
		others[i] = !chosen[i];
	CHECK_STATUS(prio_tentative_new(&sum, server->batch), PRIO_OK);
	CHECK_STATUS(prio_tentative_new(&all, server->batch), PRIO_OK);
	CHECK_STATUS(prio_tentative_new(&refused, server->batch), PRIO_OK);

	n = records_sealed(&sealed, records, s, chosen);
	CHECK_STATUS(prio_sum_many(server->batch, server->workspace, sealed, n, verdicts, sum), PRIO_OK);
	records_sealed(&sealed, records, s, NULL);
	CHECK_STATUS(prio_sum_many(server->batch, server->workspace, sealed, n_records, verdicts, all), PRIO_OK);
	n_others = records_sealed(&sealed, records, s, others);
	CHECK_STATUS(prio_sum_many(server->batch, server->workspace, sealed, n_others, verdicts, refused), PRIO_OK);

	if (n_others > 0)
		CHECK_STATUS(prio_settle(&settled, all, n), PRIO_ERR_UNSETTLED);
	CHECK_STATUS(prio_tentative_subtract(all, refused), PRIO_OK);
	CHECK_STATUS(prio_settle(&settled, all, n), PRIO_OK);
	CHECK_STATUS(prio_settle(&total, sum, n), PRIO_OK);
	vectors_same_bytes("settled", total_written(settled, false), total_written(total, false));

	prio_total_free(settled);
	prio_tentative_free(sum);
	prio_tentative_free(all);
	prio_tentative_free(refused);
	return total;
}

/* counts: an array of numbers. */
static inline void totals_check_counts(const struct prio_total *const totals[2], const json_t *counts)
{
	size_t n = prio_total_fields(totals[0]), i;
	uint64_t *sums = vectors_hold(n * sizeof *sums);
	const json_t *value;

	CHECK(json_array_size(counts) == n);
	for (size_t first = 0; first < 2; first++) { /* in either order */
		CHECK_STATUS(prio_publish(sums, totals[first], totals[1 - first], NULL), PRIO_OK);
		json_array_foreach(counts, i, value)
			CHECK(sums[i] == (uint64_t)vectors_number_in(value));
	}
}

/* Sums of parts of the accepted records, written by themselves, and what comes of joining them again. */
static inline void totals_check_partitions(const struct servers *servers, const json_t *records, const bool *accepted,
					   const struct prio_total *const totals[2], const json_t *partitions)
{
	size_t n = json_array_size(records), i, k, n_listed = 0, n_accepted = 0;
	const json_t *partition, *value;

	for (size_t s = 0; s < 2; s++) {
		struct prio_total *merged = NULL, *part, *again;

		json_array_foreach(partitions, i, partition) {
			struct prio_mut want =
				vectors_base64(vectors_get(partition, "server_write"), vectors_server(s));
			bool *chosen = vectors_hold(n * sizeof *chosen);

			json_array_foreach(vectors_get(partition, "records"), k, value) {
				size_t place = (size_t)vectors_number_in(value);

				CHECK(place < n && !chosen[place]);
				chosen[place] = accepted[place];
				n_listed += accepted[place];
			}
			part = total_of_chosen(servers, records, s, chosen);
			vectors_same_bytes("partition", total_written(part, true), prio_bytes_of(want));
			prio_total_free(part);

			CHECK_STATUS(prio_total_read_partial(&again, &servers->params,
							     s == 0 ? PRIO_SERVER_A : PRIO_SERVER_B,
							     prio_bytes_of(want), NULL),
				     PRIO_OK);
			if (merged == NULL) {
				merged = again;
			} else {
				CHECK_STATUS(prio_total_merge(merged, again), PRIO_OK);
				prio_total_free(again);
			}
		}
		CHECK(merged != NULL);
		vectors_same_bytes("merged partitions", total_written(merged, false), total_written(totals[s], false));
		prio_total_free(merged);
	}

	for (i = 0; i < n; i++)
		n_accepted += accepted[i];
	CHECK(n_listed == 2 * n_accepted);
}

/* Both servers' totals over the accepted records, their written forms and the counts. server_write and partitions: NULL
 * where a vector has none. The totals are the caller's (prio_total_free). */
static inline void totals_check(const struct servers *servers, const json_t *records, const bool *accepted,
				struct prio_total *totals[2], const json_t *server_write, const json_t *total_share,
				const json_t *counts)
{
	for (size_t s = 0; s < 2; s++) {
		struct prio_bytes want = prio_bytes_of(vectors_base64(total_share, vectors_server(s)));
		struct prio_total *read;

		totals[s] = total_of_chosen(servers, records, s, accepted);
		CHECK(prio_total_server(totals[s]) == (s == 0 ? PRIO_SERVER_A : PRIO_SERVER_B));
		vectors_same_bytes("total share", total_written(totals[s], false), want);
		if (server_write != NULL)
			vectors_same_bytes("sum", total_written(totals[s], true),
					   prio_bytes_of(vectors_base64(server_write, vectors_server(s))));

		CHECK_STATUS(prio_total_read(&read, &servers->params, want, NULL), PRIO_OK);
		vectors_same_bytes("total share read", total_written(read, false), want);
		prio_total_free(read);
	}
	totals_check_counts((const struct prio_total *const[]){totals[0], totals[1]}, counts);
}

#endif
