/* prio/total.h: from accepted shares to published sums.
 *
 * Source: FORMAT.md 5 and 6. */
#ifndef PRIO_TOTAL_H
#define PRIO_TOTAL_H

#include "prio/batch.h"
#include "prio/bytes.h"
#include "prio/server.h"
#include "prio/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One server's aggregate share: the sum of its shares of the accepted records. By itself it says nothing; with the other
 * server's it is the published result. */
struct prio_total;

/* prio_settle: make a total of a sum from which everything but the accepted records has been taken out.
 *
 *   sum        left as it is.
 *   n_accepted how many records were accepted. Unless sum holds exactly that many: PRIO_ERR_UNSETTLED, no total.
 *   total      out: owned by the caller, prio_total_free. */
PRIO_API PRIO_MUST_USE enum prio_status prio_settle(struct prio_total **total, const struct prio_tentative *sum,
						    uint64_t n_accepted);
PRIO_API void prio_total_free(struct prio_total *total);

/* prio_total_merge: total += other, both of the same server, batch and size, else PRIO_ERR_MISMATCH. */
PRIO_API PRIO_MUST_USE enum prio_status prio_total_merge(struct prio_total *total, const struct prio_total *other);

/* prio_total_bytes_max: room that the two writers below need.
 * prio_total_write: server id and array of field elements, as sent to the partner (FORMAT.md 5.4).
 * prio_total_write_partial: the array alone, as the original's workers hand partial sums to each other.
 * Both set out->n, in: room, out: length; PRIO_ERR_ARGUMENT if the room is too small. */
PRIO_API size_t prio_total_bytes_max(const struct prio_total *total);
PRIO_API PRIO_MUST_USE enum prio_status prio_total_write(const struct prio_total *total, struct prio_mut *out);
PRIO_API PRIO_MUST_USE enum prio_status prio_total_write_partial(const struct prio_total *total, struct prio_mut *out);

/* prio_total_read: the reverse of prio_total_write, as strict and as liberal as the reference.
 * prio_total_read_partial: of prio_total_write_partial; the server is said by the caller.
 * PRIO_OK; PRIO_ERR_FORMAT with where and what in error; PRIO_ERR_MEMORY; as prio_params_check. Never allocates by what
 * the input claims. */
PRIO_API PRIO_MUST_USE enum prio_status prio_total_read(struct prio_total **total, const struct prio_params *params,
							struct prio_bytes in, struct prio_error *error);
PRIO_API PRIO_MUST_USE enum prio_status prio_total_read_partial(struct prio_total **total, const struct prio_params *params,
								enum prio_server_id server, struct prio_bytes in,
								struct prio_error *error);

PRIO_API enum prio_server_id prio_total_server(const struct prio_total *total);
/* Fields of the total: n_data, or after prio_total_recombine n_data / precision. */
PRIO_API size_t prio_total_fields(const struct prio_total *total);

/* prio_total_recombine: turn a total over bits into one over unsigned integers, entry j being the sum over i of
 * 2^(precision-1-i) times field j * precision + i (mod p). In place. PRIO_ERR_CONFIG if params had no precision, or it was
 * done before. */
PRIO_API PRIO_MUST_USE enum prio_status prio_total_recombine(struct prio_total *total);

/* prio_publish: the sums, from both servers' totals, one of A and one of B, in either order, both recombined or neither.
 *
 *   sums       out, prio_total_fields(one) entries.
 *
 * Returns PRIO_OK; PRIO_ERR_MISMATCH (same server twice, other size); PRIO_ERR_OVERFLOW with the field in error (the sums
 * before it are written, none may be used). */
PRIO_API PRIO_MUST_USE enum prio_status prio_publish(uint64_t *sums, const struct prio_total *one,
						     const struct prio_total *other, struct prio_error *error);

#ifdef __cplusplus
}
#endif

#endif
