#include "prio/status.h"

static const struct {
	const char *word;
	const char *sentence;
} names[PRIO_STATUS_COUNT_] = {
	[PRIO_OK] = {"ok", "done"},
#define PRIO_X(name, word, sentence) [PRIO_REFUSED_##name] = {word, sentence},
	PRIO_REFUSALS(PRIO_X)
#undef PRIO_X
#define PRIO_X(name, word, sentence) [PRIO_ERR_##name] = {word, sentence},
	PRIO_ERRORS(PRIO_X)
#undef PRIO_X
};

static bool is_named(enum prio_status status)
{
	return (unsigned)status < PRIO_STATUS_COUNT_ && names[status].word != NULL;
}

const char *prio_status_word(enum prio_status status)
{
	return is_named(status) ? names[status].word : "unknown";
}

const char *prio_status_sentence(enum prio_status status)
{
	return is_named(status) ? names[status].sentence : "unknown status";
}

bool prio_status_is_refusal(enum prio_status status)
{
	return status > PRIO_OK && status < PRIO_STATUS_FIRST_ERROR_;
}
