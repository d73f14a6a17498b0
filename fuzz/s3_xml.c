/* s3_xml: what an S3 server answers. What was read of a document is written as a document of its own and read again;
 * names are decoded and numbers read a second, slower way; any text is escaped and read back.
 *
 * Input: which kind of document (1), then the text. */
#include "fuzz/harness/fuzz.h"

#include <errno.h>

#include "base/utf8.h"
#include "store/s3_xml.h"

enum { TEXT_BYTES_MAX = 1 << 16 };

static const struct s3_xml_shape *const shapes[] = {&s3_xml_objects,   &s3_xml_uploads,	  &s3_xml_deleted,
						    &s3_xml_initiated, &s3_xml_completed, &s3_xml_error};

struct text {
	char *p;
	size_t n;
	size_t room;
};

static void add(struct text *text, const char *what)
{
	size_t n = strlen(what);

	FUZZ_CHECK(n < text->room - text->n);
	memcpy(text->p + text->n, what, n + 1);
	text->n += n;
}

static void add_element(struct text *text, const char *name, const char *value)
{
	if (value == NULL)
		return;
	add(text, "<x:");
	add(text, name);
	add(text, " a='1'>");
	FUZZ_CHECK(s3_xml_escape(text->p, text->room, &text->n, value)); /* what a parser gave, one can be given */
	add(text, "</x:");
	add(text, name);
	add(text, ">");
}

static void check_same(const char *a, const char *b)
{
	FUZZ_CHECK((a == NULL) == (b == NULL));
	FUZZ_CHECK(a == NULL || strcmp(a, b) == 0);
}

static void check_round_trip(const struct s3_xml *xml, const struct s3_xml_shape *shape, size_t n_input)
{
	struct text text = {.room = 6 * n_input + 100 * (xml->n_records + 1) * (S3_XML_FIELDS + 2) + 1000};
	struct s3_xml again;

	text.p = malloc(text.room);
	FUZZ_CHECK(text.p != NULL);
	add(&text, "\n<x:");
	add(&text, shape->root);
	add(&text, " xmlns:x=\"y\">");
	for (size_t i = 0; i < xml->n_records; i++) {
		add(&text, "<x:");
		add(&text, shape->record);
		add(&text, "><x:Other><x:Key>not this</x:Key></x:Other>");
		for (size_t j = 0; j < S3_XML_FIELDS; j++)
			add_element(&text, shape->fields[j], xml->records[i].fields[j]);
		add(&text, "</x:");
		add(&text, shape->record);
		add(&text, ">");
	}
	for (size_t i = 0; i < S3_XML_VALUES; i++)
		add_element(&text, shape->values[i], xml->values[i]);
	add(&text, "</x:");
	add(&text, shape->root);
	add(&text, ">");

	FUZZ_OK(s3_xml_read(&again, shape, (struct prio_bytes){(const uint8_t *)text.p, text.n}));
	FUZZ_CHECK(again.n_records == xml->n_records);
	for (size_t i = 0; i < S3_XML_VALUES; i++)
		check_same(xml->values[i], again.values[i]);
	for (size_t i = 0; i < xml->n_records; i++) {
		for (size_t j = 0; j < S3_XML_FIELDS; j++)
			check_same(xml->records[i].fields[j], again.records[i].fields[j]);
	}
	s3_xml_clear(&again);
	free(text.p);
}

/* A percent sign and two digits, of which the C library reads the value. */
static bool decode_slowly(char *out, const char *text)
{
	while (*text != '\0') {
		char digits[3] = {text[0] == '%' ? text[1] : '\0', text[0] == '%' && text[1] != '\0' ? text[2] : '\0',
				  '\0'};

		if (*text != '%') {
			*out++ = *text == '+' ? ' ' : *text;
			text++;
			continue;
		}
		if (strspn(digits, "0123456789abcdefABCDEF") != 2 || strcmp(digits, "00") == 0)
			return false;
		*out++ = (char)strtoul(digits, NULL, 16);
		text += 3;
	}
	*out = '\0';
	return true;
}

static void check_text(const char *value)
{
	size_t n = strlen(value);
	char *decoded = strdup(value), *slow = malloc(n + 1);
	uint64_t number;

	FUZZ_CHECK(decoded != NULL && slow != NULL);
	bool is_good = s3_xml_url_decode(decoded);
	FUZZ_CHECK(is_good == decode_slowly(slow, value));
	FUZZ_CHECK(!is_good || strcmp(decoded, slow) == 0);

	errno = 0;
	unsigned long long wanted = strtoull(value, NULL, 10);
	bool is_number = n > 0 && strspn(value, "0123456789") == n && errno == 0;
	FUZZ_CHECK(s3_xml_number(&number, value) == is_number);
	FUZZ_CHECK(!is_number || number == wanted);
	free(slow);
	free(decoded);
}

/* Written into a document, a text is read back as it was. */
static void check_escape(const char *value, size_t n)
{
	static const char begin[] = "<Error><Code>", end[] = "</Code></Error>";
	size_t room = 6 * n + sizeof begin + sizeof end, at = sizeof begin - 1;
	char *text = malloc(room);
	struct s3_xml xml;
	bool is_expressible = utf8_is_valid((struct prio_bytes){(const uint8_t *)value, n}) &&
			      strstr(value, "\xef\xbf\xbe") == NULL && strstr(value, "\xef\xbf\xbf") == NULL;

	for (const char *p = value; *p != '\0'; p++)
		is_expressible &= (uint8_t)*p >= 0x20 || *p == '\t' || *p == '\n' || *p == '\r';
	FUZZ_CHECK(text != NULL);
	memcpy(text, begin, sizeof begin);
	FUZZ_CHECK(s3_xml_escape(text, room, &at, value) == is_expressible);
	if (is_expressible) {
		FUZZ_CHECK(text[at] == '\0' && at + sizeof end <= room);
		memcpy(text + at, end, sizeof end);
		FUZZ_OK(s3_xml_read(&xml, &s3_xml_error, fuzz_text(text)));
		FUZZ_CHECK(strcmp(xml.values[S3_ERROR_CODE], value) == 0);
		s3_xml_clear(&xml);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	const struct s3_xml_shape *shape = shapes[fuzz_byte(&in) % (sizeof shapes / sizeof shapes[0])];
	struct prio_mut copy;
	struct s3_xml xml;

	if (in.n > TEXT_BYTES_MAX)
		return 0;
	copy = fuzz_copy(in);
	enum prio_status status = s3_xml_read(&xml, shape, prio_bytes_of(copy));
	FUZZ_CHECK(status == PRIO_OK || status == PRIO_ERR_FORMAT);
	if (status == PRIO_OK) {
		check_round_trip(&xml, shape, in.n);
		for (size_t i = 0; i < xml.n_records; i++) {
			for (size_t j = 0; j < S3_XML_FIELDS; j++) {
				if (xml.records[i].fields[j] != NULL)
					check_text(xml.records[i].fields[j]);
			}
		}
	}
	s3_xml_clear(&xml);
	free(copy.p);

	char *text = malloc(in.n + 1);
	FUZZ_CHECK(text != NULL);
	if (in.n > 0)
		memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	check_text(text);
	check_escape(text, strlen(text));
	free(text);
	return 0;
}
