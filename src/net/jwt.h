/* jwt: the assertion by which a service account asks for a token (RFC 7519, RFC 7523; "Using OAuth 2.0 for Server to Server
 * Applications"). */
#ifndef NET_JWT_H
#define NET_JWT_H

#include <time.h>

#include "crypt/rsa.h"

enum { JWT_LIFE_S = 3600 }; /* the longest that Google takes */

struct jwt_claims {
	const char *key_id; /* NULL: not said */
	const char *issuer; /* the account's e-mail address */
	const char *scope;
	const char *audience; /* the token endpoint */
	time_t now;
};

/* jwt_make: header.claims.signature, NUL-terminated; the caller wipes out. PRIO_OK, TOO_LARGE, MEMORY (also of claims that are no
 * UTF-8), CRYPTO. Thread-safe. */
PRIO_MUST_USE enum prio_status jwt_make(char *out, size_t out_bytes, const struct jwt_claims *claims, const struct rsa_key *key);

#endif
