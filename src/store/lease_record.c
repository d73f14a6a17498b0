#include "store/lease_record.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/error.h"
#include "crypt/random.h"

/* The first line of a file, or "": a system that does not tell is one that cannot be looked at. */
static void read_word(char *out, size_t out_bytes, const char *path)
{
	FILE *file = fopen(path, "re");

	if (file == NULL || fgets(out, (int)out_bytes, file) == NULL)
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (file != NULL)
		fclose(file);
}

/* When a process was started (proc(5), field 22 of its stat); 0: there is no such process, or nobody tells. The name in
 * field 2 may hold blanks and parentheses, so fields are counted from the last one of these. */
static int64_t started_of(int64_t pid)
{
	char path[64];
	char stat[1024];
	const char *at;

	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	read_word(stat, sizeof stat, path);
	at = strrchr(stat, ')');
	for (int field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at == NULL ? 0 : strtoll(at, NULL, 10);
}

enum prio_status lease_record_init(struct lease_record *record)
{
	uint8_t random[(LEASE_HOLDER_BYTES - 1) / 2];
	enum prio_status status = random_bytes((struct prio_mut){random, sizeof random});
	char host[LEASE_HOST_BYTES] = "";
	ssize_t n;

	*record = (struct lease_record){.pid = getpid()};
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(record->holder + 2 * i, 3, "%02x", random[i]);
	if (gethostname(host, sizeof host - 1) != 0)
		host[0] = '\0';
	escape_text(record->host, sizeof record->host, (struct prio_bytes){(const uint8_t *)host, strlen(host)});
	read_word(record->boot, sizeof record->boot, "/proc/sys/kernel/random/boot_id");
	n = readlink("/proc/self/ns/pid", record->pid_namespace, sizeof record->pid_namespace - 1);
	record->pid_namespace[n > 0 ? n : 0] = '\0';
	record->pid_started = started_of(record->pid);
	return status;
}

enum prio_status lease_record_write(const struct lease_record *record, char out[LEASE_BYTES_MAX], size_t *n_bytes)
{
	json_t *json = json_pack("{sssssssssIsIsIsb}", "holder", record->holder, "host", record->host, "boot", record->boot,
				 "pid_namespace", record->pid_namespace, "pid", (json_int_t)record->pid, "pid_started",
				 (json_int_t)record->pid_started, "expires", (json_int_t)record->expires, "released",
				 record->released);

	*n_bytes = json == NULL ? 0 : json_dumpb(json, out, LEASE_BYTES_MAX, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	json_decref(json);
	return *n_bytes > 0 && *n_bytes <= LEASE_BYTES_MAX ? PRIO_OK : PRIO_ERR_MEMORY;
}

static bool read_text(char *out, size_t out_bytes, const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text != NULL && (size_t)snprintf(out, out_bytes, "%s", text) < out_bytes;
}

static bool read_number(int64_t *out, const json_t *json, const char *name)
{
	const json_t *number = json_object_get(json, name);

	*out = json_integer_value(number);
	return json_is_integer(number);
}

bool lease_record_read(struct lease_record *record, struct prio_bytes text)
{
	json_t *json = json_loadb((const char *)text.p, text.n, 0, NULL);
	int64_t expires = 0;
	bool good = read_text(record->holder, sizeof record->holder, json, "holder") &&
		    read_text(record->host, sizeof record->host, json, "host") &&
		    read_text(record->boot, sizeof record->boot, json, "boot") &&
		    read_text(record->pid_namespace, sizeof record->pid_namespace, json, "pid_namespace") &&
		    read_number(&record->pid, json, "pid") && read_number(&record->pid_started, json, "pid_started") &&
		    read_number(&expires, json, "expires") && json_is_boolean(json_object_get(json, "released"));

	record->expires = (time_t)expires;
	record->released = json_is_true(json_object_get(json, "released"));
	json_decref(json);
	return good;
}

enum lease_life lease_holder_life(const struct lease_record *theirs, const struct lease_record *self)
{
	int64_t started;

	if (self->boot[0] == '\0' || strcmp(theirs->boot, self->boot) != 0 || self->pid_namespace[0] == '\0' ||
	    strcmp(theirs->pid_namespace, self->pid_namespace) != 0 || theirs->pid <= 0 || theirs->pid > INT32_MAX)
		return LEASE_UNKNOWN;
	if (kill((pid_t)theirs->pid, 0) != 0 && errno == ESRCH)
		return LEASE_DEAD;
	started = started_of(theirs->pid);
	if (started == 0 || theirs->pid_started == 0)
		return LEASE_UNKNOWN;
	return started == theirs->pid_started ? LEASE_ALIVE : LEASE_DEAD;
}
