/* http_setup: everything that libcurl is told about a request. */
#ifndef NET_HTTP_SETUP_H
#define NET_HTTP_SETUP_H

#include "net/http_transfer.h"

/* http_setup: set all options of transfer->easy but its callbacks' bodies, which http_transfer.c has, and make transfer->headers.
 * PRIO_OK, MEMORY, or CONFIG. */
PRIO_MUST_USE enum prio_status http_setup(struct http_transfer *transfer, const struct http_request *request);

/* http_setup_clear: wipe and free the list of headers. */
void http_setup_clear(struct http_transfer *transfer);

#endif
