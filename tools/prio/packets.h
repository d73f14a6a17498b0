/* packets: the verify1 or verify2 packets of one server, by id. */
#ifndef TOOLS_PRIO_PACKETS_H
#define TOOLS_PRIO_PACKETS_H

#include "pipeline/fingerprint.h"
#include "prio/input.h"
#include "record/join.h"
#include "stage/messages.h"

/* packets_read: every packet of the inputs into a fresh table (join_free). Lines without an id are of no use to anybody and
 * said on the log. */
PRIO_MUST_USE enum prio_status packets_read(struct join **packets, const struct inputs *inputs, enum message_kind kind,
					    struct fingerprint *fingerprint, struct log *log, struct prio_error *error);

/* packets_judge: what join_find or join_take gave for a packet that is there. PRIO_OK (also if it was taken before),
 * PARTNER_PACKET (it cannot be read) or PARTNER_CONFLICT (different ones under one id). */
enum prio_status packets_judge(enum join_state state);

/* packets_report: say how many of the partner's packets nobody here asked for. */
void packets_report(const struct join *packets, struct log *log);

#endif
