#include "store/s3_xml.h"

#include <expat.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { DEPTH_MAX = 16, ROOT_DEPTH = 1, RECORD_DEPTH = 2, FIELD_DEPTH = 3 };

const struct s3_xml_shape s3_xml_objects = {"ListBucketResult",
					    {"IsTruncated", "NextContinuationToken", "EncodingType"},
					    "Contents",
					    {"Key", "ETag", "Size"}};
const struct s3_xml_shape s3_xml_uploads = {"ListMultipartUploadsResult",
					    {"IsTruncated", "NextKeyMarker", "EncodingType", "NextUploadIdMarker"},
					    "Upload",
					    {"Key", "UploadId"}};
const struct s3_xml_shape s3_xml_deleted = {"DeleteResult", {NULL}, "Error", {"Key", "Code", "Message"}};
const struct s3_xml_shape s3_xml_initiated = {"InitiateMultipartUploadResult", {"UploadId"}, NULL, {NULL}};
const struct s3_xml_shape s3_xml_completed = {"CompleteMultipartUploadResult", {"ETag"}, NULL, {NULL}};
const struct s3_xml_shape s3_xml_error = {"Error", {"Code", "Message", "Region"}, NULL, {NULL}};

struct reader {
	struct s3_xml *xml;
	const struct s3_xml_shape *shape;
	XML_Parser parser;
	enum prio_status status;
	unsigned depth;
	bool is_in_record;
	char **value; /* whose text is being read; NULL: nobody's */
	/* All values, each ended with a NUL. The text that they come from holds at least a tag for each of them and is
	 * never shorter than what it stands for, so as much room as it takes is enough. */
	size_t n_text;
	size_t room_text;
	size_t room_records;
};

static void stop(struct reader *reader, enum prio_status status)
{
	if (reader->status == PRIO_OK)
		reader->status = status;
	XML_StopParser(reader->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon != NULL ? colon + 1 : name;
}

static int find(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n && names[i] != NULL; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

static bool add_record(struct reader *reader)
{
	struct s3_xml *xml = reader->xml;

	if (xml->n_records == reader->room_records) {
		size_t room = reader->room_records == 0 ? 64 : 2 * reader->room_records;
		struct s3_xml_record *records = realloc(xml->records, room * sizeof *records);

		if (records == NULL)
			return false;
		xml->records = records;
		reader->room_records = room;
	}
	memset(&xml->records[xml->n_records++], 0, sizeof *xml->records);
	return true;
}

static void begin_value(struct reader *reader, char **value)
{
	if (*value != NULL) {
		stop(reader, PRIO_ERR_FORMAT);
		return;
	}
	reader->value = value;
	*value = reader->xml->text_ + reader->n_text;
}

static void XMLCALL on_begin(void *context, const char *full_name, const char **attributes)
{
	struct reader *reader = context;
	const struct s3_xml_shape *shape = reader->shape;
	const char *name = local_name(full_name);
	int i;

	(void)attributes;
	/* Elements within a value that is asked for: no answer has that. */
	if (++reader->depth > DEPTH_MAX || reader->value != NULL ||
	    (reader->depth == ROOT_DEPTH && strcmp(name, shape->root) != 0)) {
		stop(reader, PRIO_ERR_FORMAT);
		return;
	}
	if (reader->depth == RECORD_DEPTH) {
		i = find(shape->values, S3_XML_VALUES, name);
		if (i >= 0)
			begin_value(reader, &reader->xml->values[i]);
		reader->is_in_record = shape->record != NULL && strcmp(name, shape->record) == 0;
		if (reader->is_in_record && !add_record(reader))
			stop(reader, PRIO_ERR_MEMORY);
	} else if (reader->depth == FIELD_DEPTH && reader->is_in_record) {
		i = find(shape->fields, S3_XML_FIELDS, name);
		if (i >= 0)
			begin_value(reader, &reader->xml->records[reader->xml->n_records - 1].fields[i]);
	}
}

static void XMLCALL on_text(void *context, const char *text, int n_text)
{
	struct reader *reader = context;
	size_t n = (size_t)n_text;

	if (reader->value == NULL)
		return;
	if (n >= reader->room_text - reader->n_text) {
		stop(reader, PRIO_ERR_FORMAT);
		return;
	}
	memcpy(reader->xml->text_ + reader->n_text, text, n);
	reader->n_text += n;
}

static void XMLCALL on_end(void *context, const char *name)
{
	struct reader *reader = context;

	(void)name;
	reader->depth--;
	if (reader->value == NULL)
		return;
	reader->value = NULL;
	if (reader->n_text == reader->room_text)
		stop(reader, PRIO_ERR_FORMAT);
	else
		reader->xml->text_[reader->n_text++] = '\0';
}

static void XMLCALL on_document_type(void *context, const char *name, const char *system, const char *public_id,
				     int has_subset)
{
	(void)name, (void)system, (void)public_id, (void)has_subset;
	stop(context, PRIO_ERR_FORMAT);
}

enum prio_status s3_xml_read(struct s3_xml *xml, const struct s3_xml_shape *shape, struct prio_bytes text)
{
	struct reader reader = {.xml = xml, .shape = shape, .status = PRIO_ERR_MEMORY};

	*xml = (struct s3_xml){0};
	while (text.n > 0 && (*text.p == ' ' || *text.p == '\n' || *text.p == '\r' || *text.p == '\t'))
		text.p++, text.n--;
	if (text.n == 0 || text.n > INT32_MAX)
		return PRIO_ERR_FORMAT;
	reader.room_text = text.n;
	xml->text_ = malloc(reader.room_text);
	if (xml->text_ == NULL)
		return PRIO_ERR_MEMORY;
	reader.parser = XML_ParserCreate("UTF-8");
	if (reader.parser == NULL)
		goto out;

	reader.status = PRIO_OK;
	XML_SetUserData(reader.parser, &reader);
	XML_SetElementHandler(reader.parser, on_begin, on_end);
	XML_SetCharacterDataHandler(reader.parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader.parser, on_document_type);
	if (XML_Parse(reader.parser, (const char *)text.p, (int)text.n, XML_TRUE) != XML_STATUS_OK &&
	    reader.status == PRIO_OK)
		reader.status =
			XML_GetErrorCode(reader.parser) == XML_ERROR_NO_MEMORY ? PRIO_ERR_MEMORY : PRIO_ERR_FORMAT;
	XML_ParserFree(reader.parser);
out:
	if (reader.status != PRIO_OK)
		s3_xml_clear(xml);
	return reader.status;
}

void s3_xml_clear(struct s3_xml *xml)
{
	free(xml->records);
	free(xml->text_);
	*xml = (struct s3_xml){0};
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool s3_xml_url_decode(char *text)
{
	char *out = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '+') {
			*out++ = ' ';
			continue;
		}
		if (*p != '%') {
			*out++ = *p;
			continue;
		}
		int high = digit_of(p[1]);
		int low = high >= 0 ? digit_of(p[2]) : -1;
		if (low < 0 || (high | low) == 0)
			return false;
		*out++ = (char)(16 * high + low);
		p += 2;
	}
	*out = '\0';
	return true;
}

/* XML 1.0, section 2.2, without what has to be written as a reference to survive. */
static bool is_expressible(uint32_t code_point)
{
	return code_point >= 0x20 && code_point != 0xfffe && code_point != 0xffff;
}

bool s3_xml_escape(char *out, size_t out_bytes, size_t *at, const char *text)
{
	size_t n = *at;
	size_t n_text = strlen(text);

	while (n_text > 0) {
		uint32_t code_point;
		size_t n_char = utf8_decode(&code_point, (struct prio_bytes){(const uint8_t *)text, n_text});
		char piece[16];
		int n_piece;

		if (n_char == 0)
			return false;
		if (code_point == '&' || code_point == '<' || code_point == '>' || code_point == '"' ||
		    code_point == '\t' || code_point == '\n' || code_point == '\r')
			n_piece = snprintf(piece, sizeof piece, "&#%" PRIu32 ";", code_point);
		else if (is_expressible(code_point))
			n_piece = snprintf(piece, sizeof piece, "%.*s", (int)n_char, text);
		else
			return false;
		if ((size_t)n_piece >= out_bytes - n)
			return false;
		memcpy(out + n, piece, (size_t)n_piece);
		n += (size_t)n_piece;
		text += n_char;
		n_text -= n_char;
	}
	if (n >= out_bytes)
		return false;
	out[n] = '\0';
	*at = n;
	return true;
}

bool s3_xml_number(uint64_t *out, const char *text)
{
	uint64_t number = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (*text < '0' || *text > '9' || number > (UINT64_MAX - digit) / 10)
			return false;
		number = 10 * number + digit;
	}
	*out = number;
	return true;
}
