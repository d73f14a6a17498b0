#include "prio-processor/settings.h"

#include <string.h>

#include "base/error.h"

enum prio_status settings_date(const struct invocation *call, char today[CLOCK_DATE_BYTES], const char **date,
			       struct prio_error *error)
{
	static const char form[] = "dddd-dd-dd";
	const char *given = cli_string(call, "submission-date");

	clock_date(today);
	*date = given != NULL ? given : today;
	bool good = strlen(*date) == sizeof form - 1;
	for (size_t i = 0; good && i < sizeof form - 1; i++)
		good = form[i] == 'd' ? (*date)[i] >= '0' && (*date)[i] <= '9' : (*date)[i] == '-';
	if (good) {
		int month = ((*date)[5] - '0') * 10 + (*date)[6] - '0';
		int day = ((*date)[8] - '0') * 10 + (*date)[9] - '0';

		good = month >= 1 && month <= 12 && day >= 1 && day <= 31;
	}
	if (!good)
		return error_set(error, PRIO_ERR_CONFIG,
				 "--submission-date (SUBMISSION_DATE) must be a date such as %s", today);
	return PRIO_OK;
}
