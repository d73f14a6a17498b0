#include "net/google_token.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wipe.h"
#include "crypt/random.h"
#include "net/jwt.h"
#include "net/loopback.h"
#include "net/retry.h"

enum {
	FILE_BYTES_MAX = 1 << 16,
	TOKEN_BYTES = 4096,
	REPLY_BYTES_MAX = 1 << 14,
	JWT_BYTES = 6144,
	REASON_BYTES = 256,
	MARGIN_S = 300, /* a token that is used for so long at most after it was looked at */
	LIFE_S_MAX = 86400,
	ATTEMPTS_MAX = 5,
};

static const char scope[] = "https://www.googleapis.com/auth/devstorage.read_write";
static const char grant[] = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
static const char metadata_host[] = "metadata.google.internal";
static const char metadata_path[] = "/computeMetadata/v1/instance/service-accounts/default/token";

struct google_tokens {
	struct http *http;
	char *url;           /* of the token endpoint */
	char *email, *key_id; /* of the service account; NULL with the metadata server */
	struct rsa_key *key;  /* NULL: the metadata server */
	pthread_mutex_t mutex;
	char token[TOKEN_BYTES]; /* "": none yet */
	uint64_t good_until_ms;  /* clock_monotonic_ms */
};

/* The key file. */

static enum prio_status read_file(char bytes[FILE_BYTES_MAX], size_t *n, const char *path, struct prio_error *error)
{
	FILE *file = fopen(path, "re");
	enum prio_status status = PRIO_OK;

	if (file == NULL)
		return error_set(error, errno == ENOENT ? PRIO_ERR_NOT_FOUND : errno == EACCES ? PRIO_ERR_DENIED : PRIO_ERR_IO,
				 "%s cannot be opened: %s", path, strerror(errno));
	setvbuf(file, NULL, _IONBF, 0); /* no further copy of the key */
	*n = fread(bytes, 1, FILE_BYTES_MAX, file);
	if (ferror(file))
		status = error_set(error, PRIO_ERR_IO, "%s cannot be read: %s", path, strerror(errno));
	else if (*n == FILE_BYTES_MAX)
		status = error_set(error, PRIO_ERR_CONFIG, "%s is too long for the key of a service account", path);
	fclose(file);
	return status;
}

static char *copy_member(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value == NULL ? NULL : strdup(value);
}

static enum prio_status take_account(struct google_tokens *tokens, const json_t *account, const char *path,
				     struct prio_error *error)
{
	static const char *const needed[] = {"client_email", "private_key", "token_uri"};
	const char *type = json_string_value(json_object_get(account, "type"));

	if (type == NULL || strcmp(type, "service_account") != 0)
		return error_set(error, PRIO_ERR_CONFIG, "%s is not the key of a service account (\"type\": \"service_account\")", path);
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!json_is_string(json_object_get(account, needed[i])))
			return error_set(error, PRIO_ERR_CONFIG, "%s lacks \"%s\"", path, needed[i]);

	const char *uri = json_string_value(json_object_get(account, "token_uri"));
	if (strncmp(uri, "https://", 8) != 0 && (strncmp(uri, "http://", 7) != 0 || !loopback_is_host(uri + 7)))
		return error_set(error, PRIO_ERR_CONFIG, "\"token_uri\" of %s is no URL that begins with https://", path);
	tokens->url = strdup(uri);
	tokens->email = copy_member(account, "client_email");
	tokens->key_id = copy_member(account, "private_key_id"); /* may be missing */
	if (tokens->url == NULL || tokens->email == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");

	const char *pem = json_string_value(json_object_get(account, "private_key"));
	if (rsa_key_new(&tokens->key, (struct prio_bytes){(const uint8_t *)pem, strlen(pem)}) != PRIO_OK)
		return error_set(error, PRIO_ERR_KEY, "\"private_key\" of %s is no RSA key of 2048 bits or more", path);
	return PRIO_OK;
}

static enum prio_status read_account(struct google_tokens *tokens, const char *path, struct prio_error *error)
{
	char bytes[FILE_BYTES_MAX];
	size_t n = 0;
	json_t *account = NULL;
	enum prio_status status = read_file(bytes, &n, path, error);

	if (status != PRIO_OK)
		goto out;
	account = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(account))
		status = take_account(tokens, account, path, error);
	else
		status = error_set(error, PRIO_ERR_CONFIG, "%s is no JSON object", path);

	json_t *pem = json_object_get(account, "private_key");
	if (json_is_string(pem))
		wipe((char *)(uintptr_t)json_string_value(pem), json_string_length(pem)); /* jansson only frees */
out:
	json_decref(account);
	wipe(bytes, sizeof bytes);
	return status;
}

static enum prio_status use_metadata_server(struct google_tokens *tokens, struct prio_error *error)
{
	const char *host = getenv("GCE_METADATA_HOST");

	if (host == NULL || *host == '\0')
		host = metadata_host;
	if (asprintf(&tokens->url, "http://%s%s", host, metadata_path) < 0) {
		tokens->url = NULL;
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	return PRIO_OK;
}

enum prio_status google_tokens_new(struct google_tokens **tokens, const char *credentials_file, struct http *http,
				   struct prio_error *error)
{
	struct google_tokens *made = calloc(1, sizeof *made);
	enum prio_status status;

	*tokens = NULL;
	if (made == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	if (pthread_mutex_init(&made->mutex, NULL) != 0) {
		free(made);
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	made->http = http;
	status = credentials_file != NULL ? read_account(made, credentials_file, error) : use_metadata_server(made, error);
	if (status == PRIO_OK)
		*tokens = made;
	else
		google_tokens_free(made);
	return status;
}

void google_tokens_free(struct google_tokens *tokens)
{
	if (tokens == NULL)
		return;
	rsa_key_free(tokens->key);
	free(tokens->url);
	free(tokens->email);
	free(tokens->key_id);
	pthread_mutex_destroy(&tokens->mutex);
	wipe(tokens, sizeof *tokens);
	free(tokens);
}

/* The endpoint's answer. */

/* What a header can carry, and nothing that would end it. */
static bool is_token(const char *text)
{
	size_t n = 0;

	for (; text[n] != '\0'; n++)
		if (text[n] <= ' ' || text[n] > '~')
			return false;
	return n > 0 && n < TOKEN_BYTES;
}

static enum prio_status take_token(struct google_tokens *tokens, const json_t *answer, struct prio_error *error)
{
	json_t *value = json_object_get(answer, "access_token");
	const char *token = json_string_value(value);
	json_t *expires = json_object_get(answer, "expires_in");
	const char *type = json_string_value(json_object_get(answer, "token_type"));

	if (token == NULL || !is_token(token) || !json_is_number(expires) || (type != NULL && strcasecmp(type, "Bearer") != 0))
		return error_set(error, PRIO_ERR_FORMAT, "%s: the answer holds no usable bearer token", tokens->url);
	double life_s = json_number_value(expires);
	if (!(life_s > 0))
		life_s = 0;
	if (life_s > LIFE_S_MAX)
		life_s = LIFE_S_MAX;
	double margin_s = life_s < 2 * MARGIN_S ? life_s / 2 : MARGIN_S;

	wipe(tokens->token, sizeof tokens->token);
	memcpy(tokens->token, token, strlen(token) + 1);
	tokens->good_until_ms = clock_monotonic_ms() + (uint64_t)(1000 * (life_s - margin_s));
	wipe((char *)(uintptr_t)token, json_string_length(value));
	return PRIO_OK;
}

/* {"error": "invalid_grant", "error_description": "..."}, as RFC 6749, section 5.2, has it; else the code alone. */
static enum prio_status refusal(const struct google_tokens *tokens, int code, const json_t *answer, struct prio_error *error)
{
	const json_t *members[] = {json_object_get(answer, "error"), json_object_get(answer, "error_description")};
	char words[2][REASON_BYTES];

	for (size_t i = 0; i < 2; i++) {
		const char *text = json_string_value(members[i]);

		escape_text(words[i], sizeof words[i],
			    (struct prio_bytes){(const uint8_t *)text, text == NULL ? 0 : json_string_length(members[i])});
	}
	if (tokens->key == NULL && code == 404)
		return error_set(error, PRIO_ERR_DENIED, "%s: this machine has no service account (404)", tokens->url);
	return error_set(error, PRIO_ERR_DENIED, "%s refuses a token (%d%s%s%s%s)", tokens->url, code, *words[0] ? ", " : "", words[0],
			 *words[1] ? ": " : "", words[1]);
}

static enum prio_status read_answer(struct google_tokens *tokens, const struct http_reply *reply, struct prio_error *error)
{
	json_t *answer = json_loadb(reply->body.p == NULL ? "" : (const char *)reply->body.p, reply->body.n, 0, NULL);
	const char *flavor = http_reply_header(reply, "metadata-flavor");
	enum prio_status status;

	if (tokens->key == NULL && (flavor == NULL || strcmp(flavor, "Google") != 0))
		status = error_set(error, PRIO_ERR_FORMAT, "%s: what answers is not Google's metadata server", tokens->url);
	else if (reply->code >= 400 && reply->code < 500)
		status = refusal(tokens, reply->code, answer, error);
	else if (reply->code != 200)
		status = error_set(error, PRIO_ERR_IO, "%s answers with %d", tokens->url, reply->code);
	else
		status = take_token(tokens, answer, error);
	json_decref(answer);
	return status;
}

/* Asking it. */

static enum http_outcome ask_metadata_server(struct google_tokens *tokens, struct http_reply *reply, struct prio_error *error)
{
	const struct http_header header = {"metadata-flavor", "Google"};
	const struct http_request request = {
		.method = "GET", .url = tokens->url, .headers = &header, .n_headers = 1, .is_direct = true};

	return http_do(tokens->http, &request, REPLY_BYTES_MAX, reply, error);
}

static enum http_outcome ask_endpoint(struct google_tokens *tokens, struct http_reply *reply, struct prio_error *error)
{
	const struct http_header header = {"content-type", "application/x-www-form-urlencoded"};
	const struct jwt_claims claims = {
		.key_id = tokens->key_id, .issuer = tokens->email, .scope = scope, .audience = tokens->url, .now = time(NULL)};
	char form[sizeof grant + JWT_BYTES];
	enum http_outcome outcome = HTTP_FAILED;

	memcpy(form, grant, sizeof grant);
	enum prio_status status = jwt_make(form + sizeof grant - 1, JWT_BYTES, &claims, tokens->key);
	if (status == PRIO_OK) {
		const struct http_request request = {
			.method = "POST",
			.url = tokens->url,
			.headers = &header,
			.n_headers = 1,
			.body = {(const uint8_t *)form, strlen(form)},
			.has_body = true,
		};
		outcome = http_do(tokens->http, &request, REPLY_BYTES_MAX, reply, error);
	} else {
		error_set(error, status, "a token cannot be asked for: %s", prio_status_sentence(status));
	}
	wipe(form, sizeof form);
	return outcome;
}

static enum prio_status pause_before(struct google_tokens *tokens, unsigned n, const char *retry_after, struct prio_error *error)
{
	uint32_t random = 0;

	if (random_bytes((struct prio_mut){(uint8_t *)&random, sizeof random}) != PRIO_OK)
		random = UINT32_MAX;
	uint64_t until_ms =
		clock_monotonic_ms() + retry_delay_ms(&(struct retry_policy){0}, n, random, retry_after, time(NULL));
	for (uint64_t now_ms; (now_ms = clock_monotonic_ms()) < until_ms;) {
		if (http_is_stopped(tokens->http))
			return error_set(error, PRIO_ERR_STOPPED, "stopped while a token was asked for");
		usleep(1000 * (until_ms - now_ms < 100 ? (useconds_t)(until_ms - now_ms) : 100));
	}
	return PRIO_OK;
}

static enum prio_status fetch(struct google_tokens *tokens, struct prio_error *error)
{
	for (unsigned n = 1;; n++) {
		struct prio_error why = {PRIO_ERR_IO, ""}; /* asked for whether the caller wants words or not: it holds the status */
		struct http_reply reply = {0};
		enum http_outcome outcome =
			tokens->key == NULL ? ask_metadata_server(tokens, &reply, &why) : ask_endpoint(tokens, &reply, &why);
		enum prio_status status;
		bool is_due = n < ATTEMPTS_MAX && retry_is_due(outcome, reply.code, "", true);

		if (is_due)
			status = pause_before(tokens, n, http_reply_header(&reply, "retry-after"), error);
		else if (outcome == HTTP_ANSWERED)
			status = read_answer(tokens, &reply, error);
		else
			status = error_set(error, why.status, "%s", why.text);
		http_reply_clear(&reply); /* wipes */
		if (!is_due || status != PRIO_OK)
			return status;
	}
}

enum prio_status google_token_header(struct google_tokens *tokens, char *out, size_t out_bytes, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	pthread_mutex_lock(&tokens->mutex); /* also while one is fetched: the others need the same */
	if (tokens->token[0] == '\0' || clock_monotonic_ms() >= tokens->good_until_ms)
		status = fetch(tokens, error);
	if (status == PRIO_OK && (size_t)snprintf(out, out_bytes, "Bearer %s", tokens->token) >= out_bytes) {
		wipe(out, out_bytes);
		status = error_set(error, PRIO_ERR_TOO_LARGE, "the token is too long");
	}
	pthread_mutex_unlock(&tokens->mutex);
	return status;
}
