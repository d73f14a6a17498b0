/* A lock on S3 is a lease: an object that says who holds it and until when, written on the condition that it is still the one that was
 * read. A thread renews it every third of its time. It ends by being overwritten with "released", never by DELETE, whose
 * conditions some servers ignore.
 *
 * Times are the server's, from the Date of its answers, so that hosts need not agree on theirs. The holder gives up a tenth of the lease
 * before its end (by its own clock, counted from before the last renewal was sent), and whoever takes over waits until
 * LEASE_GRACE_S after its end. Between the two lies what a request of the old holder may take on its way.
 *
 * A holder whose host can be looked at and whose process is gone is succeeded at once; one that only stopped renewing, when its lease
 * has run out: as long as nothing is renewed meanwhile, store_lock waits for that. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/lease_record.h"
#include "store/s3_call.h"

enum { LEASE_GRACE_S = 2, TAG_BYTES = 160 };

struct s3_lease {
	struct store_lock base;
	/* The store, with a transport and patience of its own: a lease is let go of also when the rest has been told to stop. */
	struct s3_store store;
	char *key;
	struct lease_record record;
	unsigned n_refused; /* conditional writes, as if they were not known */
	pthread_t renewer;
	bool has_renewer;
	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t wake;
	bool is_ending;
	bool is_lost;
	uint64_t held_until_ms; /* by our own clock */
	char lost_to[LEASE_HOST_BYTES];
};

/* Counts while the machine sleeps too. */
static uint64_t awake_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The server's time, from an answer of it; ours if it does not tell. */
static time_t server_time(const struct s3_lease *lease, const struct s3_reply *reply)
{
	const char *date = s3_header(reply, "date");
	struct tm tm = {0};

	if (date == NULL || strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL)
		return s3_now(&lease->store);
	return timegm(&tm);
}

/* ---- One request each ---- */

struct seen {
	bool exists;
	struct lease_record record;
	char tag[TAG_BYTES]; /* ETag (Google: generation) */
	time_t now; /* the server's */
	uint64_t asked_ms; /* our own clock, not later than now */
};

static void copy_tag(const struct s3_lease *lease, char tag[TAG_BYTES], const struct s3_reply *reply)
{
	const char *text = s3_header(reply, lease->store.is_google ? "x-goog-generation" : "etag");

	tag[0] = '\0';
	if (text != NULL && strlen(text) < TAG_BYTES)
		memcpy(tag, text, strlen(text) + 1);
}

static enum prio_status look(struct s3_lease *lease, struct seen *seen, struct prio_error *error)
{
	const struct s3_request request = {.method = "GET",
					   .key = lease->key,
					   .may_repeat = true,
					   .reply_bytes_max = LEASE_BYTES_MAX,
					   .permission = "s3:GetObject"};
	struct s3_reply reply;
	uint64_t asked_ms = awake_ms();
	enum prio_status status = s3_call(&lease->store, &request, &reply, error);

	*seen = (struct seen){.now = server_time(lease, &reply), .asked_ms = asked_ms};
	if (status == PRIO_OK && reply.code == 200) {
		seen->exists = true;
		copy_tag(lease, seen->tag, &reply);
		if (!lease_record_read(&seen->record, prio_bytes_of(reply.http.body)))
			status = s3_error(error, &lease->store, lease->key, PRIO_ERR_FORMAT,
					  "is no lease. If no run of this server is at work, remove it");
	} else if (status == PRIO_OK && reply.code != 404) {
		status = s3_unexpected(&lease->store, &request, &reply, error);
	}
	s3_reply_clear(&reply);
	return status;
}

enum condition { ANY, IF_ABSENT, IF_UNCHANGED };

/* Write our record. *code: the server's; 412: somebody else was faster (or, where a repetition met our own first attempt, we). */
static enum prio_status write_record(struct s3_lease *lease, enum condition condition, const char *tag, int *code,
				     struct prio_error *error)
{
	bool is_google = lease->store.is_google;
	struct http_header header = {is_google ? "x-goog-if-generation-match" : "if-match", tag};
	char text[LEASE_BYTES_MAX];
	struct s3_request request = {.method = "PUT",
				     .key = lease->key,
				     .headers = &header,
				     .n_headers = condition == ANY ? 0 : 1,
				     .has_body = true,
				     .may_repeat = true,
				     .permission = "s3:PutObject"};
	struct s3_reply reply;
	enum prio_status status = lease_record_write(&lease->record, text, &request.body.n);

	if (status != PRIO_OK)
		return error_set(error, status, "out of memory");
	if (condition == IF_ABSENT)
		header = is_google ? (struct http_header){header.name, "0"} : (struct http_header){"if-none-match", "*"};
	request.body.p = (const uint8_t *)text;
	status = s3_call(&lease->store, &request, &reply, error);
	*code = reply.code;
	s3_reply_clear(&reply);
	return status;
}

/* ---- Does the server keep conditions? ---- */

/* Told by doing what has to be refused: ours is there, so it is not absent; and it has not that tag. */
static enum prio_status probe(struct s3_lease *lease, struct prio_error *error)
{
	static const char other_tag[] = "\"00000000000000000000000000000000\"";
	int absent = 0;
	int unchanged = 0;
	enum prio_status status;

	if (s3_has(&lease->store, S3_CONDITIONS) || s3_lacks(&lease->store, S3_CONDITIONS))
		return PRIO_OK;
	status = write_record(lease, IF_ABSENT, NULL, &absent, error);
	if (status == PRIO_OK)
		status = write_record(lease, IF_UNCHANGED, lease->store.is_google ? "1" : other_tag, &unchanged, error);
	if (status == PRIO_OK)
		s3_learn(&lease->store, S3_CONDITIONS, absent == 412 && unchanged == 412,
			 "the server does not keep conditions on writes (If-None-Match, If-Match): nothing but your schedule keeps two runs "
			 "of this server from working at once");
	return status;
}

static enum prio_status sleep_a_second(const struct s3_lease *lease, struct prio_error *error)
{
	for (int i = 0; i < 10; i++) {
		if (lease->store.is_stopped != NULL && lease->store.is_stopped())
			return error_set(error, PRIO_ERR_STOPPED, "stopped by a signal; start again to go on");
		usleep(100000);
	}
	return PRIO_OK;
}

/* Without conditions: write, let a rival's write come after ours, and see whose stayed. */
static enum prio_status settle(struct s3_lease *lease, bool *is_ours, struct prio_error *error)
{
	struct seen seen;
	enum prio_status status = sleep_a_second(lease, error);

	if (status == PRIO_OK)
		status = sleep_a_second(lease, error);
	if (status == PRIO_OK)
		status = look(lease, &seen, error);
	*is_ours = status == PRIO_OK && seen.exists && strcmp(seen.record.holder, lease->record.holder) == 0;
	return status;
}

/* ---- Holding ---- */

/* Our record was written, with an end that was reckoned from what was seen. */
static void count_from(struct s3_lease *lease, const struct seen *seen)
{
	pthread_mutex_lock(&lease->mutex);
	lease->held_until_ms = seen->asked_ms + (uint64_t)lease->store.lease_ttl_s * 900;
	pthread_mutex_unlock(&lease->mutex);
}

static void lose(struct s3_lease *lease, const struct seen *seen)
{
	pthread_mutex_lock(&lease->mutex);
	lease->is_lost = true;
	if (seen->exists)
		memcpy(lease->lost_to, seen->record.host, sizeof lease->lost_to);
	pthread_mutex_unlock(&lease->mutex);
}

/* Write our record once more, with a new end, if the lease is still ours. The look before tells the server's time, whether the answer to
 * an earlier write was lost, and who took over. Errors pass: there is time for another one, or the lease ends by itself. */
static bool rewrite(struct s3_lease *lease)
{
	struct seen seen;
	int code = 0;

	if (look(lease, &seen, NULL) != PRIO_OK)
		return false;
	if (!seen.exists || strcmp(seen.record.holder, lease->record.holder) != 0) {
		lose(lease, &seen);
		return false;
	}
	lease->record.expires = seen.now + (time_t)lease->store.lease_ttl_s;
	if (write_record(lease, s3_lacks(&lease->store, S3_CONDITIONS) ? ANY : IF_UNCHANGED, seen.tag, &code, NULL) != PRIO_OK ||
	    code != 200)
		return false;
	count_from(lease, &seen);
	return true;
}

static bool wait_ms(struct s3_lease *lease, uint64_t ms)
{
	struct timespec end;
	bool is_ending;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)(ms / 1000);
	end.tv_nsec += (long)(ms % 1000) * 1000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lease->mutex);
	while (!lease->is_ending && pthread_cond_timedwait(&lease->wake, &lease->mutex, &end) == 0)
		continue;
	is_ending = lease->is_ending;
	pthread_mutex_unlock(&lease->mutex);
	return is_ending;
}

static void *renewing(void *context)
{
	struct s3_lease *lease = context;
	uint64_t third_ms = (uint64_t)lease->store.lease_ttl_s * 1000 / 3;

	while (!wait_ms(lease, third_ms))
		(void)rewrite(lease);
	return NULL;
}

static enum prio_status check(struct store_lock *base, struct prio_error *error)
{
	struct s3_lease *lease = (struct s3_lease *)(void *)base;
	enum prio_status status = PRIO_OK;

	pthread_mutex_lock(&lease->mutex);
	if (lease->is_lost)
		status = s3_error(error, &lease->store, lease->key, PRIO_ERR_BUSY,
				  "another run%s%s took over this lease; this one changes nothing any more",
				  lease->lost_to[0] != '\0' ? " on " : "", lease->lost_to);
	else if (awake_ms() >= lease->held_until_ms)
		status = s3_error(error, &lease->store, lease->key, PRIO_ERR_BUSY,
				  "the lease could not be renewed in time (PRIO_LEASE_TTL is %u s): the server did not answer, or this "
				  "machine was asleep. Start again",
				  (unsigned)lease->store.lease_ttl_s);
	pthread_mutex_unlock(&lease->mutex);
	return status;
}

/* ---- Beginning and end ---- */

static void lease_free(struct s3_lease *lease)
{
	http_free(lease->store.http);
	pthread_cond_destroy(&lease->wake);
	pthread_mutex_destroy(&lease->mutex);
	free(lease->key);
	free(lease);
}

static void release(struct store_lock *base)
{
	struct s3_lease *lease = (struct s3_lease *)(void *)base;

	if (lease->has_renewer) {
		pthread_mutex_lock(&lease->mutex);
		lease->is_ending = true;
		pthread_cond_signal(&lease->wake);
		pthread_mutex_unlock(&lease->mutex);
		pthread_join(lease->renewer, NULL);
	}
	/* One that is lost, or whose end cannot be written, runs out by itself. */
	if (check(base, NULL) == PRIO_OK) {
		lease->record.released = true;
		if (!rewrite(lease))
			log_warn(lease->store.log, "the lease %s could not be released; it runs out by itself", lease->key);
	}
	lease_free(lease);
}

static enum prio_status lease_new(struct s3_lease **out, const struct s3_store *store, const char *key, struct prio_error *error)
{
	struct s3_lease *lease = calloc(1, sizeof *lease);
	/* Requests of a lease are small, and come to nothing when they take as long as it. */
	uint32_t patience_ms = store->lease_ttl_s >= 50 ? 5000 : store->lease_ttl_s * 100;
	struct http_settings settings = {
		.ca_file = store->ca_file, .connect_timeout_ms = patience_ms, .stall_timeout_ms = patience_ms};
	pthread_condattr_t attributes;
	enum prio_status status;

	if (lease == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	lease->store = *store;
	lease->store.http = NULL;
	lease->store.guard = NULL;
	lease->store.retry = (struct retry_policy){.max_attempts = 6, .max_delay_ms = patience_ms};
	lease->base.check = check;
	lease->base.release = release;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&lease->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&lease->mutex, NULL);
	lease->key = strdup(key);
	status = lease->key == NULL ? error_set(error, PRIO_ERR_MEMORY, "out of memory") : PRIO_OK;
	if (status == PRIO_OK)
		status = http_new(&lease->store.http, &settings, error);
	if (status == PRIO_OK) {
		status = lease_record_init(&lease->record);
		if (status != PRIO_OK)
			error_set(error, status, "%s", prio_status_sentence(status));
	}
	if (status == PRIO_OK)
		*out = lease;
	else
		lease_free(lease);
	return status;
}

/* Somebody else's, and not known to be over? */
static bool is_held(const struct s3_lease *lease, const struct seen *seen)
{
	return seen->exists && strcmp(seen->record.holder, lease->record.holder) != 0 && !seen->record.released &&
	       seen->now < seen->record.expires + LEASE_GRACE_S && lease_holder_life(&seen->record, &lease->record) != LEASE_DEAD;
}

static enum prio_status busy(struct s3_lease *lease, const struct seen *seen, struct prio_error *error)
{
	return s3_error(error, &lease->store, lease->key, PRIO_ERR_BUSY,
			"another run (process %lld on %s) holds this lease; wait for it to end",
			(long long)seen->record.pid, seen->record.host);
}

/* May it be taken? PRIO_OK: yes. Waits while a lease that nobody renews has not run out yet; busy as soon as it is renewed. */
static enum prio_status wait_for_end(struct s3_lease *lease, struct seen *seen, struct prio_error *error)
{
	char tag[TAG_BYTES] = "";
	enum prio_status status = look(lease, seen, error);

	while (status == PRIO_OK && is_held(lease, seen)) {
		if (lease_holder_life(&seen->record, &lease->record) == LEASE_ALIVE || (tag[0] != '\0' && strcmp(tag, seen->tag) != 0))
			return busy(lease, seen, error);
		if (tag[0] == '\0')
			log_info(lease->store.log,
				 "another run (process %lld on %s) held the lease %s; waiting up to %lld s to see whether it goes on",
				 (long long)seen->record.pid, seen->record.host, lease->key,
				 (long long)(seen->record.expires + LEASE_GRACE_S - seen->now));
		memcpy(tag, seen->tag, sizeof tag);
		status = sleep_a_second(lease, error);
		if (status == PRIO_OK)
			status = look(lease, seen, error);
	}
	return status;
}

/* Take it, or find that somebody else was faster, or that this took longer than the lease lasts (PRIO_ERR_EXISTS). */
static enum prio_status take(struct s3_lease *lease, const struct seen *seen, struct prio_error *error)
{
	enum condition condition = s3_lacks(&lease->store, S3_CONDITIONS) ? ANY : seen->exists ? IF_UNCHANGED : IF_ABSENT;
	bool is_ours = true;
	int code = 0;
	enum prio_status status;

	lease->record.expires = seen->now + (time_t)lease->store.lease_ttl_s;
	status = write_record(lease, condition, seen->tag, &code, error);
	if (status == PRIO_OK && (code == 400 || code == 501) && condition != ANY) {
		/* It does not know conditions at all, if it says so twice: a balancer may have been the one that refused. */
		if (++lease->n_refused > 1)
			s3_learn(&lease->store, S3_CONDITIONS, false,
				 "the server refuses conditions on writes: nothing but your schedule keeps two runs of this server from working "
				 "at once");
		return PRIO_ERR_EXISTS;
	}
	if (status != PRIO_OK)
		return status;
	if (code != 200)
		return PRIO_ERR_EXISTS;
	status = probe(lease, error);
	if (status == PRIO_OK && s3_lacks(&lease->store, S3_CONDITIONS))
		status = settle(lease, &is_ours, error);
	if (status != PRIO_OK)
		return status;
	count_from(lease, seen);
	return is_ours && awake_ms() < lease->held_until_ms ? PRIO_OK : PRIO_ERR_EXISTS;
}

enum prio_status s3_lock(struct store *base, const char *key, struct store_lock **out, struct prio_error *error)
{
	struct s3_lease *lease = NULL;
	enum prio_status status = lease_new(&lease, s3_store_of(base), key, error);
	int code;

	if (status != PRIO_OK)
		return status;
	/* A few rounds: each one lost means that somebody else moved. */
	status = PRIO_ERR_EXISTS;
	for (int round = 0; round < 5 && status == PRIO_ERR_EXISTS; round++) {
		struct seen seen;

		status = wait_for_end(lease, &seen, error);
		if (status == PRIO_OK)
			status = take(lease, &seen, error);
		if (status == PRIO_ERR_EXISTS)
			s3_error(error, &lease->store, lease->key, PRIO_ERR_BUSY, "another run takes this lease at this moment");
	}
	if (status == PRIO_ERR_EXISTS)
		status = PRIO_ERR_BUSY;
	if (status == PRIO_OK) {
		code = pthread_create(&lease->renewer, NULL, renewing, lease);
		lease->has_renewer = code == 0;
		if (code != 0)
			status = error_set(error, PRIO_ERR_MEMORY, "no thread could be started: %s", strerror(code));
	}
	if (status != PRIO_OK) {
		lease_free(lease);
		return status;
	}
	*out = &lease->base;
	return PRIO_OK;
}
