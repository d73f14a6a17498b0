/* What S3 servers answer, read: answers as the servers gave them, and those that are none. */
#include "tests/unit/cmocka_all.h"

#include "store/s3_xml.h"

static struct prio_bytes text(const char *s)
{
	return (struct prio_bytes){(const uint8_t *)s, strlen(s)};
}

/* As MinIO writes it. */
static const char listing[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix>a/</Prefix>"
	"<KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>"
	"<Contents><Key>a/x%3D1+2</Key><LastModified>2026-11-24T19:00:00.000Z</LastModified>"
	"<ETag>&#34;d41d8cd98f00b204e9800998ecf8427e&#34;</ETag><Size>0</Size><Owner><ID>0</ID><Key>no</Key></Owner>"
	"<StorageClass>STANDARD</StorageClass></Contents>"
	"<Contents><Size>18446744073709551615</Size><Key>a/&lt;y&amp;z&gt;</Key></Contents>"
	"<NextContinuationToken>t "
	"o/k&#x65;n</NextContinuationToken><EncodingType>url</EncodingType></ListBucketResult>";

static void reads_a_listing(void **unused)
{
	struct s3_xml xml;
	uint64_t size;

	(void)unused;
	ASSERT_OK(s3_xml_read(&xml, &s3_xml_objects, text(listing)));
	assert_string_equal(xml.values[S3_OBJECTS_TRUNCATED], "true");
	assert_string_equal(xml.values[S3_OBJECTS_TOKEN], "t o/ken");
	assert_string_equal(xml.values[S3_OBJECTS_ENCODING], "url");
	assert_int_equal(xml.n_records, 2);
	assert_string_equal(xml.records[0].fields[S3_OBJECT_KEY], "a/x%3D1+2");
	assert_true(s3_xml_url_decode(xml.records[0].fields[S3_OBJECT_KEY]));
	assert_string_equal(xml.records[0].fields[S3_OBJECT_KEY], "a/x=1 2");
	assert_string_equal(xml.records[0].fields[S3_OBJECT_ETAG], "\"d41d8cd98f00b204e9800998ecf8427e\"");
	assert_string_equal(xml.records[1].fields[S3_OBJECT_KEY], "a/<y&z>");
	assert_null(xml.records[1].fields[S3_OBJECT_ETAG]);
	assert_true(s3_xml_number(&size, xml.records[1].fields[S3_OBJECT_SIZE]));
	assert_true(size == UINT64_MAX);
	s3_xml_clear(&xml);
}

static void reads_with_and_without_namespaces(void **unused)
{
	static const char *const documents[] = {
		"<Error><Code>C</Code><Message>M &#x263A;</Message></Error>",
		"  \r\n\t<Error xmlns='u'><Message>M \xe2\x98\xba</Message><Code>C</Code></Error>\n",
		"<s:Error xmlns:s='u'><s:Code>C</s:Code><s:Message><![CDATA[M \xe2\x98\xba]]></s:Message><s:D><s:Code>D</s:Code></s:D></s:Error>",
		"<?xml version='1.0'?><!-- <Error> --><Error><?x y?><Message>M<!-- --> \xe2\x98\xba</Message><Code>C</Code></Error>",
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(documents); i++) {
		struct s3_xml xml;

		ASSERT_STATUS(documents[i], s3_xml_read(&xml, &s3_xml_error, text(documents[i])), PRIO_OK);
		assert_string_equal(xml.values[S3_ERROR_CODE], "C");
		assert_string_equal(xml.values[S3_ERROR_MESSAGE], "M \xe2\x98\xba");
		assert_null(xml.values[S3_ERROR_REGION]);
		s3_xml_clear(&xml);
	}
}

static void refuses_what_is_none(void **unused)
{
	static const struct {
		const char *what;
		const char *document;
	} rows[] = {
		{"nothing", ""},
		{"blanks", " \n "},
		{"no XML", "SlowDown"},
		{"another root", "<html><Code>C</Code></html>"},
		{"cut off", "<Error><Code>C</Code>"},
		{"cut off in a name", "<Error><Co"},
		{"two roots", "<Error></Error><Error></Error>"},
		{"text behind", "<Error></Error>x"},
		{"crossed", "<Error><Code></Error></Code>"},
		{"a value twice", "<Error><Code>C</Code><Code>D</Code></Error>"},
		{"a value within a value", "<Error><Code>C<Code>D</Code></Code></Error>"},
		{"a document type", "<!DOCTYPE Error><Error><Code>C</Code></Error>"},
		{"an entity", "<!DOCTYPE Error [<!ENTITY e \"C\">]><Error><Code>&e;</Code></Error>"},
		{"entities of entities",
		 "<!DOCTYPE Error [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><Error><Code>&b;</Code></Error>"},
		{"an entity from outside",
		 "<!DOCTYPE Error [<!ENTITY e SYSTEM \"/etc/passwd\">]><Error><Code>&e;</Code></Error>"},
		{"an unknown entity", "<Error><Code>&nbsp;</Code></Error>"},
		{"a control", "<Error><Code>\x01</Code></Error>"},
		{"a control, as a reference", "<Error><Code>&#1;</Code></Error>"},
		{"broken UTF-8", "<Error><Code>\xff</Code></Error>"},
		{"a lone surrogate", "<Error><Code>\xed\xa0\x80</Code></Error>"},
		{"too deep", "<Error><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></"
			     "a></a></a></a>"
			     "</a></a></a></a></Error>"},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct s3_xml xml;

		ASSERT_STATUS(rows[i].what, s3_xml_read(&xml, &s3_xml_error, text(rows[i].document)), PRIO_ERR_FORMAT);
		assert_null(xml.text_);
	}
	/* A NUL, and all that comes before the end of a listing is no listing. */
	struct s3_xml xml;
	ASSERT_STATUS("a NUL",
		      s3_xml_read(&xml, &s3_xml_error, (struct prio_bytes){(const uint8_t *)"<Error>\0</Error>", 16}),
		      PRIO_ERR_FORMAT);
	for (size_t n = 0; n < sizeof listing - 1; n++)
		ASSERT_STATUS("cut",
			      s3_xml_read(&xml, &s3_xml_objects, (struct prio_bytes){(const uint8_t *)listing, n}),
			      PRIO_ERR_FORMAT);
}

static void decodes_names(void **unused)
{
	static const struct {
		const char *in;
		const char *out; /* NULL: refused */
	} rows[] = {
		{"", ""},
		{"a/b", "a/b"},
		{"a+b", "a b"},
		{"a%2Bb%2b", "a+b+"},
		{"%C3%BC", "\xc3\xbc"},
		{"%25%32%35", "%25"},
		{"%", NULL},
		{"%4", NULL},
		{"%4g", NULL},
		{"%g4", NULL},
		{"%00", NULL},
		{"a%0", NULL},
		{"%+1", NULL},
		{"%-1", NULL},
		{"% 1", NULL},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char copy[32];

		snprintf(copy, sizeof copy, "%s", rows[i].in);
		assert_int_equal(s3_xml_url_decode(copy), rows[i].out != NULL);
		if (rows[i].out != NULL)
			assert_string_equal(copy, rows[i].out);
	}
}

static void reads_numbers(void **unused)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "0x1", "1.", "18446744073709551616", "99999999999999999999"};
	uint64_t number;

	(void)unused;
	assert_true(s3_xml_number(&number, "0") && number == 0);
	assert_true(s3_xml_number(&number, "0018446744073709551615") && number == UINT64_MAX);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(s3_xml_number(&number, bad[i]));
}

static void escapes(void **unused)
{
	char out[32];
	size_t at = 0;

	(void)unused;
	assert_true(s3_xml_escape(out, sizeof out, &at, "a<&>\"'"));
	assert_string_equal(out, "a&#60;&#38;&#62;&#34;'");
	size_t before = at;
	assert_false(s3_xml_escape(out, sizeof out, &at, "too long for it"));
	assert_false(s3_xml_escape(out, sizeof out, &at, "\x02"));
	assert_false(s3_xml_escape(out, sizeof out, &at, "\xc3"));
	assert_int_equal(at, before);
	assert_true(s3_xml_escape(out, before + 5, &at, "\t"));
	assert_false(s3_xml_escape(out, before + 5, &at, "x"));
	assert_true(s3_xml_escape(out, before + 5, &at, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_listing),	cmocka_unit_test(reads_with_and_without_namespaces),
		cmocka_unit_test(refuses_what_is_none), cmocka_unit_test(decodes_names),
		cmocka_unit_test(reads_numbers),	cmocka_unit_test(escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
