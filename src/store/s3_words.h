/* s3_words: what s3_call.c needs of s3_words.c. */
#ifndef STORE_S3_WORDS_H
#define STORE_S3_WORDS_H

#include "store/s3_call.h"

/* s3_translate: the status of a final answer, as s3_call returns it. */
enum prio_status s3_translate(const struct s3_store *store, const struct s3_request *request,
			      const struct s3_reply *reply, unsigned n_attempts, struct prio_error *error);

/* s3_error_place: "bucket/key: " in front of the text. key NULL: the bucket. */
void s3_error_place(struct prio_error *error, const struct s3_store *store, const char *key);

#endif
