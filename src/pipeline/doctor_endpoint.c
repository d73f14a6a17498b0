/* One request to an endpoint, without a signature: a refusal is as good an answer as any. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/http.h"
#include "pipeline/doctor.h"

enum { ANSWER_BYTES_MAX = 1 << 16, TIMEOUT_MS = 10000 };
/* S3 servers refuse requests whose time is off by more than 15 minutes. */
enum { CLOCK_WARN_S = 60, CLOCK_FAIL_S = 600 };

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Does the URL's host stay on this machine: localhost, 127.x.y.z, [::1]? */
static bool is_loopback(const char *url)
{
	const char *host = strstr(url, "://") + 3;
	size_t n = strncmp(host, "[::1]", 5) == 0	? 5
		   : strncmp(host, "localhost", 9) == 0 ? 9
		   : strncmp(host, "127.", 4) == 0	? strspn(host, "0123456789.")
							: 0;

	return n > 0 && (host[n] == '\0' || host[n] == ':' || host[n] == '/');
}

/* "Tue, 24 Nov 2026 19:37:04 GMT", the form that servers write (RFC 9110, 5.6.7). */
static bool read_date(const char *text, time_t *then)
{
	struct tm parts = {0};
	const char *rest = text != NULL ? strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts) : NULL;

	if (rest == NULL || *rest != '\0')
		return false;
	*then = timegm(&parts);
	return *then != (time_t)-1;
}

static void check_clock(struct findings *findings, const struct http_reply *reply, const char *variable)
{
	static const char advice[] = "let both machines keep time by NTP";
	time_t then;
	double ahead_s;

	if (!read_date(http_reply_header(reply, "date"), &then)) {
		findings_add(findings, FINDING_OK, variable, NULL, "it answers, and does not say what time it is");
		return;
	}
	ahead_s = difftime(time(NULL), then);
	const char *which = ahead_s < 0 ? "behind" : "ahead of";
	double off_s = ahead_s < 0 ? -ahead_s : ahead_s;
	if (off_s > CLOCK_FAIL_S)
		findings_add(findings, FINDING_FAIL, variable, advice,
			     "this machine's clock is %.0f s %s the server's; requests are refused from 900 s on", off_s, which);
	else if (off_s > CLOCK_WARN_S)
		findings_add(findings, FINDING_WARN, variable, advice, "this machine's clock is %.0f s %s the server's", off_s, which);
	else
		findings_add(findings, FINDING_OK, variable, NULL, "it answers, and its clock agrees with this machine's");
}

/* False: it cannot be reached. */
static bool ask(struct findings *findings, const struct bucket_endpoint *endpoint, const char *variable)
{
	const struct http_settings settings = {
		.ca_file = endpoint->ca_file, .connect_timeout_ms = TIMEOUT_MS, .stall_timeout_ms = TIMEOUT_MS};
	struct http_request request = {.method = "GET"};
	struct http_reply reply = {0};
	struct prio_error error = {PRIO_OK, ""};
	struct http *http = NULL;
	enum http_outcome outcome = HTTP_FAILED;
	size_t n = strlen(endpoint->url);
	char *url = malloc(n + 2);
	enum prio_status status = url != NULL ? http_new(&http, &settings, &error) : PRIO_ERR_MEMORY;

	if (status == PRIO_OK) {
		memcpy(url, endpoint->url, n + 1);
		if (url[n - 1] != '/')
			memcpy(url + n, "/", 2);
		request.url = url;
		outcome = http_do(http, &request, ANSWER_BYTES_MAX, &reply, &error);
	}
	if (outcome == HTTP_ANSWERED)
		check_clock(findings, &reply, variable);
	else if (outcome == HTTP_UNTRUSTED)
		findings_add(findings, FINDING_FAIL, variable,
			     "name the authority's PEM file in the endpoint's _CA_FILE variable, and the host as its certificate has it",
			     "its certificate is not trusted: %s", error.text);
	else
		findings_add(findings, FINDING_FAIL, variable, "check the address, firewalls and proxies; its buckets are not looked at",
			     "it does not answer: %s", error.text[0] != '\0' ? error.text : prio_status_sentence(status));
	http_reply_clear(&reply);
	http_free(http);
	free(url);
	return outcome == HTTP_ANSWERED;
}

bool doctor_check_endpoint(struct findings *findings, const struct bucket_endpoint *endpoint, const char *variable)
{
	if (endpoint->url == NULL)
		return false;
	if (begins(endpoint->url, "file://"))
		return true;
	if (!begins(endpoint->url, "http://") && !begins(endpoint->url, "https://")) {
		findings_add(findings, FINDING_FAIL, variable, "write https://host[:port], http://host[:port] or file:///some/directory",
			     "it is no address of a known kind");
		return false;
	}
	if (begins(endpoint->url, "http://") && !is_loopback(endpoint->url))
		findings_add(findings, FINDING_WARN, variable, "use https",
			     "plain http: who is on the way to it reads and changes what is sent");
	return ask(findings, endpoint, variable);
}
