/* fuzz: what every target in this folder shares.
 *
 * A target is one file with one function, LLVMFuzzerTestOneInput: it hands bytes to a decoder and checks what comes
 * back against a second, slower or inverse way. The same file is linked twice: with libFuzzer (preset "fuzz"), which
 * makes up inputs, and with replay.c (every other build), which reads the committed ones. A check that fails ends the
 * process, so that the input is kept. */
#ifndef FUZZ_HARNESS_FUZZ_H
#define FUZZ_HARNESS_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prio/bytes.h"
#include "prio/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define FUZZ_CHECK(condition)                                                                                          \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                        \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)
#define FUZZ_OK(call)                                                                                                  \
	do {                                                                                                           \
		enum prio_status fuzz_status_ = (call);                                                                \
		if (fuzz_status_ != PRIO_OK) {                                                                         \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, prio_status_word(fuzz_status_), #call); \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* The first byte of an input often chooses a size or a case, and the rest is the text. An input that has ended gives 0.
 */
static inline uint8_t fuzz_byte(struct prio_bytes *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

/* fuzz_copy: the same bytes in memory of their own, so that a sanitizer sees the first one read behind them. free it.
 */
static inline struct prio_mut fuzz_copy(struct prio_bytes bytes)
{
	struct prio_mut copy = {malloc(bytes.n > 0 ? bytes.n : 1), bytes.n};

	FUZZ_CHECK(copy.p != NULL);
	if (bytes.n > 0)
		memcpy(copy.p, bytes.p, bytes.n);
	return copy;
}

static inline bool fuzz_same(struct prio_bytes a, struct prio_bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline struct prio_bytes fuzz_text(const char *text)
{
	return (struct prio_bytes){(const uint8_t *)text, strlen(text)};
}

/* fuzz_check_printable: what is about to be shown to a person moves no cursor and hides nothing. */
static inline void fuzz_check_printable(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		FUZZ_CHECK((uint8_t)*p >= 0x20 && *p != 0x7f);
}

/* fuzz_check_error: a status that is an error, and detail that a person can be shown. */
static inline void fuzz_check_error(enum prio_status status, const struct prio_error *error)
{
	FUZZ_CHECK(status > PRIO_STATUS_FIRST_ERROR_ && status < PRIO_STATUS_COUNT_);
	FUZZ_CHECK(memchr(error->text, '\0', sizeof error->text) != NULL);
	fuzz_check_printable(error->text);
}

#endif
