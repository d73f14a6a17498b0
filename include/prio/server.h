/* prio/server.h: one server's work on shares: open, check, sum; answer the partner; accept or refuse.
 *
 * The unit is a batch of records. A share is opened once: verify1 leaves behind all that the later steps need of it, in a
 * prio_state per record and one running sum per caller.
 *
 *     sealed shares --verify1--> packets to the partner, states, tentative sum
 *     states, the partner's packets --verify2--> packets to the partner
 *     own and partner's verify2 packets --accept--> verdicts
 *     tentative sum, verdicts --settle--> total (prio/total.h)
 *
 * Source: FORMAT.md 5. All functions are thread-safe for distinct workspaces and outputs. */
#ifndef PRIO_SERVER_H
#define PRIO_SERVER_H

#include "prio/batch.h"
#include "prio/bytes.h"
#include "prio/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
	PRIO_VERIFY1_BYTES_MAX = 24,
	PRIO_VERIFY2_BYTES_MAX = 12,
	PRIO_STATE_BYTES = 66,
};

/* Packets as they stand on the wire, in the shortest encoding. */
struct prio_verify1_packet {
	uint8_t bytes[PRIO_VERIFY1_BYTES_MAX];
	uint8_t n_bytes;
};
struct prio_verify2_packet {
	uint8_t bytes[PRIO_VERIFY2_BYTES_MAX];
	uint8_t n_bytes;
};

/* What this server keeps of one opened share until the batch is published: its shares of a, b, c and h(r), and its d and e,
 * 11 bytes each, big-endian. Secret: seal it where it is stored, wipe it after use. */
struct prio_state {
	uint8_t bytes[PRIO_STATE_BYTES];
};

/* Working memory for one thread: no function below allocates. */
struct prio_workspace;
PRIO_API PRIO_MUST_USE enum prio_status prio_workspace_new(struct prio_workspace **workspace,
							   const struct prio_batch *batch);
/* prio_workspace_free: wipes and frees. prio_workspace_wipe: wipes what the last call left. NULL is fine for both. */
PRIO_API void prio_workspace_free(struct prio_workspace *workspace);
PRIO_API void prio_workspace_wipe(struct prio_workspace *workspace);

/* A sum of opened data shares, checked or not: not yet a total. Only prio_settle makes one from it. */
struct prio_tentative;
PRIO_API PRIO_MUST_USE enum prio_status prio_tentative_new(struct prio_tentative **sum, const struct prio_batch *batch);
PRIO_API void prio_tentative_free(struct prio_tentative *sum);
/* How many shares it is the sum of. */
PRIO_API uint64_t prio_tentative_count(const struct prio_tentative *sum);
/* prio_tentative_add, prio_tentative_subtract: sum += other, sum -= other, shares and count alike.
 * PRIO_ERR_MISMATCH if they are of different sizes or servers, or the count would fall below zero. */
PRIO_API PRIO_MUST_USE enum prio_status prio_tentative_add(struct prio_tentative *sum, const struct prio_tentative *other);
PRIO_API PRIO_MUST_USE enum prio_status prio_tentative_subtract(struct prio_tentative *sum,
								const struct prio_tentative *other);
/* prio_tentative_write: 8 bytes of count and 11 bytes a field, big-endian; out.n must be exactly prio_tentative_bytes.
 * prio_tentative_read: the reverse; PRIO_ERR_FORMAT unless well formed. The bytes are as secret as the shares. */
PRIO_API size_t prio_tentative_bytes(const struct prio_tentative *sum);
PRIO_API void prio_tentative_write(const struct prio_tentative *sum, struct prio_mut out);
PRIO_API PRIO_MUST_USE enum prio_status prio_tentative_read(struct prio_tentative *sum, struct prio_bytes in);

/* prio_verify1_many: open n sealed shares, evaluate their proofs at the query point, add their data to a running sum.
 *
 *   sealed     n envelopes, in the caller's memory; opened in place and overwritten (no plaintext is left behind).
 *   verdicts   out, n: PRIO_OK, or why this share was refused (TRUNCATED, LOW_ORDER_KEY, BAD_TAG, BAD_STRUCTURE,
 *              OTHER_BATCH, OTHER_SERVER, NOT_IN_FIELD, WRONG_LENGTH).
 *   packets    out, n: where the verdict is PRIO_OK, what the partner is to get.
 *   states     out, n: where the verdict is PRIO_OK, what verify2 needs.
 *   sum        the shares with PRIO_OK are added to it. NULL: none wanted.
 *
 * Returns PRIO_OK whatever the verdicts; PRIO_ERR_CRYPTO if the library failed: then all outputs, sum included, are void;
 * PRIO_ERR_ARGUMENT, with nothing done, if query, workspace or sum were made for another size or server.
 * n of about 1 MB / 49 kB keeps a batch in the L2 cache. CT: timing depends on lengths and on verdicts alone; the
 * generator's rejections reveal only discarded draws. */
PRIO_API PRIO_MUST_USE enum prio_status prio_verify1_many(const struct prio_batch *batch, const struct prio_query *query,
							  struct prio_workspace *workspace, struct prio_mut *sealed,
							  size_t n, enum prio_status *verdicts,
							  struct prio_verify1_packet *packets, struct prio_state *states,
							  struct prio_tentative *sum);

/* prio_sum_many: open n sealed shares and add their data to sum, without evaluating proofs: for settling. As above. */
PRIO_API PRIO_MUST_USE enum prio_status prio_sum_many(const struct prio_batch *batch, struct prio_workspace *workspace,
						      struct prio_mut *sealed, size_t n, enum prio_status *verdicts,
						      struct prio_tentative *sum);

/* prio_verify1_read, prio_verify2_read: a partner's packet from the wire, brought to its shortest encoding. Bytes after the
 * last value are ignored, as the reference does. PRIO_OK or PRIO_REFUSED_PARTNER_PACKET. */
PRIO_API PRIO_MUST_USE enum prio_status prio_verify1_read(struct prio_verify1_packet *packet, struct prio_bytes wire);
PRIO_API PRIO_MUST_USE enum prio_status prio_verify2_read(struct prio_verify2_packet *packet, struct prio_bytes wire);

/* prio_state_packet: the verify1 packet that a state was sent with. PRIO_ERR_FORMAT if the state is not well formed. */
PRIO_API PRIO_MUST_USE enum prio_status prio_state_packet(struct prio_verify1_packet *packet, const struct prio_state *state);

/* prio_verify2_many: answer the partner's verify1 packets.
 *
 *   states     n, from prio_verify1_many.
 *   partner    n packets, from prio_verify1_read.
 *   packets    out, n.
 *
 * Returns PRIO_OK, or PRIO_ERR_FORMAT if a state or packet is not well formed (they never are after the functions above).
 * Never answer two different partner packets for one state (SECURITY.md, "One answer"). CT: yes. */
PRIO_API PRIO_MUST_USE enum prio_status prio_verify2_many(const struct prio_state *states,
							  const struct prio_verify1_packet *partner, size_t n,
							  struct prio_verify2_packet *packets);

/* prio_accept: do the two servers' answers add to zero? PRIO_OK or PRIO_REFUSED_PROOF_FAILED. */
PRIO_API PRIO_MUST_USE enum prio_status prio_accept(const struct prio_verify2_packet *own,
						    const struct prio_verify2_packet *partner);

#ifdef __cplusplus
}
#endif

#endif
