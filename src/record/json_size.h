/* json_size: how much a JSON text can become, before it is parsed. A general parser makes some hundred bytes of every value, so two
 * characters of a stranger can cost 60 times their length. */
#ifndef RECORD_JSON_SIZE_H
#define RECORD_JSON_SIZE_H

#include <stddef.h>

#include "prio/bytes.h"

/* json_values_max: no more values than this, names of members included, are in the text, whether it is well made or not. */
size_t json_values_max(struct prio_bytes text);

#endif
