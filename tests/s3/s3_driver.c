/* s3-driver: a store on S3, driven line by line, for store_driver.py. The bucket comes from the environment; a command
 * is a line of words with blanks between them, percent-encoded where need be, and so is the answer: "ok ...", or the
 * status and what is said of it. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/s3_internal.h"

enum { WORDS_MAX = 4096, LINE_BYTES_MAX = 1 << 22, THREADS_MAX = 64, STEP_BYTES_MAX = 1 << 26 };

static struct store *store;
static struct store_lock *lock;
static char *words[WORDS_MAX];
static int n_words;

static void decode(char *word)
{
	char *out = word;

	for (const char *p = word; *p != '\0'; p++) {
		unsigned byte;

		if (*p == '%' && sscanf(p + 1, "%2x", &byte) == 1) {
			*out++ = (char)byte;
			p += 2;
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
}

static void print_encoded(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c <= 0x20 || c >= 0x7f || c == '%')
			fprintf(file, "%%%02X", c);
		else
			fputc(c, file);
	}
}

static const char *word(int i)
{
	return i < n_words ? words[i] : "";
}

static uint64_t number(int i)
{
	return strcmp(word(i), "max") == 0 ? UINT64_MAX : strtoull(word(i), NULL, 10);
}

static void answer(enum prio_status status, const struct prio_error *error)
{
	printf("%s ", prio_status_word(status));
	if (status != PRIO_OK)
		print_encoded(stdout, error->text);
}

static void print_object(FILE *file, const struct store_object *object)
{
	print_encoded(file, object->key);
	fprintf(file, " %" PRIu64 " ", object->size_bytes);
	for (int i = 0; i < STORE_VERSION_BYTES; i++)
		fprintf(file, "%02x", object->version[i]);
	if (object->has_crc32c)
		fprintf(file, " %08" PRIx32, object->crc32c);
}

static enum prio_status print_line(void *context, const struct store_object *object, struct prio_error *error)
{
	(void)error;
	print_object(context, object);
	fputc('\n', context);
	return PRIO_OK;
}

static enum prio_status note_and_delete(void *context, const struct store_object *object, struct prio_error *error)
{
	++*(unsigned *)context;
	return store_delete_many(store, &object->key, 1, error);
}

static struct prio_mut read_file(const char *path)
{
	struct prio_mut bytes = {NULL, 0};
	FILE *file = fopen(path, "rb");
	long n;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (n = ftell(file)) < 0)
		abort();
	rewind(file);
	bytes = (struct prio_mut){malloc((size_t)n + 1), (size_t)n};
	if (bytes.p == NULL || fread(bytes.p, 1, bytes.n, file) != bytes.n)
		abort();
	fclose(file);
	return bytes;
}

static void write_file(const char *path, struct prio_bytes bytes)
{
	FILE *file = fopen(path, "wb");

	if (file == NULL || fwrite(bytes.p, 1, bytes.n, file) != bytes.n || fclose(file) != 0)
		abort();
}

/* put KEY PATH always|absent */
static enum prio_status do_put(struct prio_error *error)
{
	struct prio_mut bytes = read_file(word(2));
	enum prio_status status = store_put(store, word(1), prio_bytes_of(bytes),
					    strcmp(word(3), "absent") == 0 ? STORE_IF_ABSENT : STORE_ALWAYS, error);

	free(bytes.p);
	return status;
}

/* create KEY PATH BYTES_AN_APPEND commit|abort|forget */
static enum prio_status do_create(struct prio_error *error)
{
	uint64_t wanted = number(3);
	size_t step = wanted < STEP_BYTES_MAX ? (size_t)wanted : STEP_BYTES_MAX;
	uint8_t *bytes = malloc(step);
	FILE *file = fopen(word(2), "rb");
	struct sink *sink;
	enum prio_status status = store_create(store, word(1), &sink, error);

	if (bytes == NULL || file == NULL)
		abort();
	for (size_t n; status == PRIO_OK && (n = fread(bytes, 1, step, file)) > 0;)
		status = sink_append(sink, (struct prio_bytes){bytes, n}, error);
	fclose(file);
	free(bytes);
	if (strcmp(word(4), "forget") == 0)
		return status;
	if (status == PRIO_OK && strcmp(word(4), "commit") == 0)
		return sink_commit(sink, error);
	sink_abort(sink);
	return status;
}

/* get KEY MAX_BYTES PATH */
static enum prio_status do_get(struct prio_error *error)
{
	struct prio_mut bytes;
	enum prio_status status = store_get(store, word(1), (size_t)number(2), &bytes, error);

	if (status == PRIO_OK)
		write_file(word(3), prio_bytes_of(bytes));
	free(bytes.p);
	return status;
}

/* Read one block after the other, with up to n_lent lent at once. wait: after the first block, until a line comes. */
static enum prio_status read_stream(struct stream *stream, FILE *out, size_t block_bytes, unsigned n_lent, bool wait,
				    struct prio_error *error)
{
	uint8_t *blocks = malloc(block_bytes * n_lent);
	enum prio_status status = PRIO_OK;
	size_t n = block_bytes;
	unsigned first = 0;

	if (blocks == NULL)
		abort();
	for (unsigned i = 0; i < n_lent && status == PRIO_OK; i++)
		status = stream_lend(stream, (struct prio_mut){blocks + i * block_bytes, block_bytes}, error);
	while (status == PRIO_OK && n == block_bytes) {
		struct prio_mut block = {blocks + first * block_bytes, block_bytes};

		status = stream_take(stream, &n, error);
		if (status != PRIO_OK || fwrite(block.p, 1, n, out) != n)
			break;
		if (wait) {
			printf("waiting\n");
			fflush(stdout);
			while (getchar() != '\n')
				;
			wait = false;
		}
		status = stream_lend(stream, block, error);
		first = (first + 1) % n_lent;
	}
	free(blocks);
	return status;
}

/* read KEY OFFSET LENGTH BLOCK_BYTES N_LENT PATH [wait] */
static enum prio_status do_read(struct prio_error *error)
{
	FILE *out = fopen(word(6), "wb");
	struct stream *stream;
	enum prio_status status = store_open(store, word(1), number(2), number(3), &stream, error);

	if (out == NULL)
		abort();
	if (status == PRIO_OK)
		status = read_stream(stream, out, (size_t)number(4), (unsigned)number(5), strcmp(word(7), "wait") == 0,
				     error);
	stream_close(stream);
	fclose(out);
	return status;
}

/* list PREFIX PATH; list-delete PREFIX */
static enum prio_status do_list(struct prio_error *error)
{
	FILE *out = fopen(word(2), "wb");

	if (out == NULL)
		abort();
	enum prio_status status = store_list(store, word(1), print_line, out, error);
	fclose(out);
	return status;
}

struct racer {
	pthread_t thread;
	unsigned i;
	enum prio_status status;
	struct prio_error error;
};

static void *run_racer(void *context)
{
	struct racer *racer = context;
	char text[32];
	int n = snprintf(text, sizeof text, "racer %u", racer->i);

	racer->status = store_put(store, words[1], (struct prio_bytes){(const uint8_t *)text, (size_t)n},
				  STORE_IF_ABSENT, NULL);
	return NULL;
}

/* race KEY THREADS: how many won, lost, and failed otherwise, and the winner's number */
static void do_race(void)
{
	struct racer racers[THREADS_MAX];
	unsigned n = (unsigned)number(2), n_won = 0, n_lost = 0, winner = 0;

	for (unsigned i = 0; i < n; i++) {
		racers[i].i = i;
		if (pthread_create(&racers[i].thread, NULL, run_racer, &racers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < n; i++) {
		pthread_join(racers[i].thread, NULL);
		n_won += racers[i].status == PRIO_OK;
		n_lost += racers[i].status == PRIO_ERR_EXISTS;
		if (racers[i].status == PRIO_OK)
			winner = i;
	}
	printf("ok %u %u %u %u", n_won, n_lost, n - n_won - n_lost, winner);
}

/* One thread's own objects, written, read, listed and deleted. */
static enum prio_status run_mixed(unsigned i, struct prio_error *error)
{
	char key[64], prefix[48], text[64];
	const char *keys[2] = {key, prefix};
	struct store_object object;
	struct prio_mut got;
	FILE *sink = tmpfile();
	enum prio_status status;

	if (sink == NULL)
		abort();
	snprintf(prefix, sizeof prefix, "mixed/%u", i);
	snprintf(key, sizeof key, "mixed/%u/k", i);
	int n = snprintf(text, sizeof text, "text of %u", i);
	status = store_put(store, key, (struct prio_bytes){(const uint8_t *)text, (size_t)n}, STORE_IF_ABSENT, error);
	if (status == PRIO_OK)
		status = store_get(store, key, 100, &got, error);
	if (status == PRIO_OK) {
		if (strcmp((const char *)got.p, text) != 0)
			abort();
		free(got.p);
		status = store_list(store, prefix, print_line, sink, error);
	}
	if (status == PRIO_OK && ftell(sink) <= 0)
		abort();
	fclose(sink);
	if (status == PRIO_OK)
		status = store_stat(store, key, &object, error);
	if (status == PRIO_OK)
		status = store_delete_many(store, keys, 2, error);
	if (status == PRIO_OK && store_stat(store, key, &object, NULL) != PRIO_ERR_NOT_FOUND)
		abort();
	return status;
}

static void *run_mixer(void *context)
{
	struct racer *racer = context;

	for (unsigned i = 0; i < 10 && racer->status == PRIO_OK; i++)
		racer->status = run_mixed(racer->i, &racer->error);
	return NULL;
}

/* mixed THREADS: all of it, by several threads at once */
static enum prio_status do_mixed(struct prio_error *error)
{
	struct racer racers[THREADS_MAX] = {0};
	unsigned n = (unsigned)number(1);
	enum prio_status status = PRIO_OK;

	for (unsigned i = 0; i < n; i++) {
		racers[i].i = i;
		if (pthread_create(&racers[i].thread, NULL, run_mixer, &racers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < n; i++) {
		pthread_join(racers[i].thread, NULL);
		if (racers[i].status != PRIO_OK) {
			status = racers[i].status;
			*error = racers[i].error;
		}
	}
	return status;
}

static void run_command(void)
{
	struct prio_error error = {PRIO_OK, ""};
	struct store_object object;
	const char *command = word(0);
	unsigned n_seen = 0;

	if (strcmp(command, "put") == 0) {
		answer(do_put(&error), &error);
	} else if (strcmp(command, "create") == 0) {
		answer(do_create(&error), &error);
	} else if (strcmp(command, "get") == 0) {
		answer(do_get(&error), &error);
	} else if (strcmp(command, "read") == 0) {
		answer(do_read(&error), &error);
	} else if (strcmp(command, "list") == 0) {
		answer(do_list(&error), &error);
	} else if (strcmp(command, "list-delete") == 0) {
		answer(store_list(store, word(1), note_and_delete, &n_seen, &error), &error);
		printf("%u", n_seen);
	} else if (strcmp(command, "stat") == 0) {
		enum prio_status status = store_stat(store, word(1), &object, &error);

		answer(status, &error);
		if (status == PRIO_OK)
			print_object(stdout, &object);
	} else if (strcmp(command, "delete") == 0) {
		answer(store_delete_many(store, (const char *const *)words + 1, (size_t)n_words - 1, &error), &error);
	} else if (strcmp(command, "sweep") == 0) {
		answer(store_sweep(store, word(1), &error), &error);
	} else if (strcmp(command, "race") == 0) {
		do_race();
	} else if (strcmp(command, "lock") == 0) {
		answer(lock == NULL ? store_lock(store, word(1), &lock, &error) : PRIO_ERR_ARGUMENT, &error);
	} else if (strcmp(command, "check") == 0) {
		answer(store_lock_check(lock, &error), &error);
	} else if (strcmp(command, "unlock") == 0) {
		store_unlock(lock);
		lock = NULL;
		answer(PRIO_OK, &error);
	} else if (strcmp(command, "mixed") == 0) {
		answer(do_mixed(&error), &error);
	} else if (strcmp(command, "skew") == 0) {
		atomic_store(&s3_store_of(store)->clock_offset_s, strtol(word(1), NULL, 10));
		answer(PRIO_OK, &error);
	} else if (strcmp(command, "attempts") == 0) {
		s3_store_of(store)->retry = (struct retry_policy){(unsigned)number(1), 1, 50};
		answer(PRIO_OK, &error);
	} else {
		abort();
	}
	fputc('\n', stdout);
	fflush(stdout);
}

static volatile sig_atomic_t stopped;

static void on_signal(int number_of_signal)
{
	(void)number_of_signal;
	stopped = 1;
}

static bool is_stopped(void)
{
	return stopped != 0;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

int main(void)
{
	const char *addressing = variable("S3_ADDRESSING");
	struct log *log = log_new("s3-driver");
	struct s3_settings settings = {
		.endpoint = variable("S3_ENDPOINT"),
		.region = variable("S3_REGION"),
		.access_key = variable("S3_ACCESS_KEY"),
		.secret_key = variable("S3_SECRET_KEY"),
		.session_token = variable("S3_SESSION_TOKEN"),
		.google_credentials = variable("S3_GOOGLE_CREDENTIALS"),
		.ca_file = variable("S3_CA_FILE"),
		.addressing = addressing == NULL		   ? S3_ADDRESS_AUTO
			      : strcmp(addressing, "virtual") == 0 ? S3_ADDRESS_VIRTUAL
								   : S3_ADDRESS_PATH,
		.lease_ttl_s = variable("S3_LEASE_TTL_S") == NULL
				       ? 0
				       : (uint32_t)strtoul(variable("S3_LEASE_TTL_S"), NULL, 10),
		.log = log,
		.is_stopped = is_stopped,
	};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct prio_error error;
	char *line = malloc(LINE_BYTES_MAX);
	enum prio_status status = store_s3_new(&store, &settings, getenv("S3_BUCKET"), &error);

	if (line == NULL || log == NULL || sigaction(SIGUSR1, &action, NULL) != 0)
		abort();
	answer(status, &error);
	fputc('\n', stdout);
	fflush(stdout);
	while (status == PRIO_OK && fgets(line, LINE_BYTES_MAX, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		n_words = 0;
		for (char *rest = line, *one; (one = strsep(&rest, " ")) != NULL && n_words < WORDS_MAX;)
			words[n_words++] = one;
		for (int i = 0; i < n_words; i++)
			decode(words[i]);
		run_command();
	}
	store_unlock(lock);
	store_free(store);
	log_free(log);
	free(line);
	return status == PRIO_OK ? 0 : 1;
}
