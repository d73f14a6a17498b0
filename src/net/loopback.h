/* loopback: does what is sent there stay on this machine? */
#ifndef NET_LOOPBACK_H
#define NET_LOOPBACK_H

#include <stdbool.h>

/* loopback_is_host: text begins with the host localhost, 127.x.y.z or [::1], and nothing or a port or path stands behind it. Of an
 * URL: what follows "://". */
bool loopback_is_host(const char *text);

#endif
