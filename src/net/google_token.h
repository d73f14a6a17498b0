/* google_token: bearer tokens for Google Cloud Storage, from a service account's key file or from the metadata server.
 * Source: "Using OAuth 2.0 for Server to Server Applications" (RFC 7523); the metadata server's token endpoint. */
#ifndef NET_GOOGLE_TOKEN_H
#define NET_GOOGLE_TOKEN_H

#include "net/http.h"

struct google_tokens;

/* google_tokens_new: read the credentials.
 *
 *   credentials_file   GOOGLE_APPLICATION_CREDENTIALS, a service account's JSON (client_email, private_key, and token_uri, which has
 *                      to be https but on this machine); NULL: the metadata server (its host by GCE_METADATA_HOST, else metadata.google.internal)
 *   http               lent; outlives it
 *
 * PRIO_OK; CONFIG (not such a file), NOT_FOUND, DENIED, IO, KEY (the private key is unusable), MEMORY. */
PRIO_MUST_USE enum prio_status google_tokens_new(struct google_tokens **tokens, const char *credentials_file, struct http *http,
						 struct prio_error *error);
void google_tokens_free(struct google_tokens *tokens); /* wipes; NULL is fine */

/* google_token_header: "Bearer ..." for the header authorization, fetched when there is none that is good for five more
 * minutes (or half of its life, where that is shorter). Thread-safe.
 *
 *   out   the caller wipes it
 *
 * PRIO_OK; DENIED (the token endpoint refuses, with its reason); IO, TIMEOUT (retried inside), STOPPED; FORMAT; TOO_LARGE. */
PRIO_MUST_USE enum prio_status google_token_header(struct google_tokens *tokens, char *out, size_t out_bytes,
						   struct prio_error *error);

#endif
