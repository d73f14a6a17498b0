"""The store on S3 against a server that lacks things, fails, loses answers and damages bytes (fake_s3.py)."""

import signal
import time

import pytest

from fake_s3 import Fake, Fault, crc_text
from store_driver import PART_BYTES, Driver


def driver(fake, **settings):
	return Driver(**{"endpoint": fake.endpoint, "bucket": "bucket", "access_key": "someone", "secret_key": "secret", **settings})


# ---- What a server lacks is done without, and said once ----

@pytest.mark.parametrize("code", [501, 400])
def test_no_checksums(code):
	with Fake(checksums=code) as fake, driver(fake) as store:
		for n in range(3):
			store.put(f"k{n}", b"small")
		store.create("large", b"x" * (2 * PART_BYTES + 1))
		assert store.get("k0") == b"small" and store.read("large") == b"x" * (2 * PART_BYTES + 1)
		assert store.stat("large").crc is None
		assert store.log().count("warning") == 1 and "CRC-32C" in store.log()
		assert fake.requests[-6:] and not any("x-amz-checksum-crc32c" in headers for _, headers, _ in fake.requests[1:]), "asked once"
		assert all("Content-MD5" in headers or "content-md5" in headers for line, headers, _ in fake.requests[1:] if line.startswith("PUT"))


def test_no_checksum_of_the_whole():
	with Fake(full=True) as fake, driver(fake) as store:
		store.create("k", b"x" * (PART_BYTES + 1))
		store.create("l", b"x" * (PART_BYTES + 1))
		assert store.read("k") == b"x" * (PART_BYTES + 1)
		assert store.log().count("warning") == 1


def test_no_bulk_delete():
	for code in (501, 405):
		with Fake(bulk=code) as fake, driver(fake) as store:
			for n in range(5):
				fake.store(f"k{n}", b"")
			store.delete("k0", "k1", "k2")
			store.delete("k3", "k4")
			assert not fake.objects
			assert fake.count("POST") == 1 and fake.count("DELETE") == 5
			assert store.log().count("one by one") == 1


@pytest.mark.parametrize("how", ["ignore", "refuse"])
def test_no_conditions(how):
	with Fake(conditions=how) as fake, driver(fake) as store:
		fake.store("old", b"old")
		assert store.ask("put", "old", store._file(b"new"), "absent").status == "exists"
		assert fake.objects["old"].data == b"old", "looked for before it is known that conditions hold"
		store.put("k", b"one", "absent")
		assert store.ask("put", "k", store._file(b"two"), "absent").status == "exists"
		assert fake.objects["k"].data == b"one"
		assert store.log().count("warning") == 1 and "If-None-Match" in store.log()


def test_conditions_are_proved_once():
	with Fake() as fake, driver(fake) as store:
		for n in range(3):
			store.put(f"k{n}", b"x", "absent")
		assert fake.count("HEAD") == 1 and fake.count("PUT") == 4
		assert store.log() == ""


def test_no_url_encoding_and_no_namespace():
	keys = sorted(["a b+c%20", "a&b<c>", "ü/é"], key=str.encode)
	for lacks in ({}, {"encoding": True}):
		with Fake(namespace="", page=1, **lacks) as fake, driver(fake) as store:
			for key in keys:
				fake.store(key, b"x")
			assert store.keys() == keys
			store.delete(*keys)
			assert not fake.objects


def test_no_list_of_uploads():
	with Fake(uploads=True) as fake, driver(fake) as store:
		store.do("sweep", "")
		store.do("sweep", "a")
		assert fake.count("uploads") == 1


def test_ranges_that_are_answered_in_part():
	"""As RFC 9110, 15.3.7, allows: what is missing is asked for, and is not taken for the object's end."""
	data = bytes(range(256)) * 40
	with Fake(longer_ranges=1000) as fake, driver(fake) as store:
		fake.store("k", data)
		assert store.read("k", 100, 5000) == data[100:5100]
		assert store.read("k", 100) == data[100:]
		assert store.read("k", 10_000, 5000) == data[10_000:]
		assert store.read("k", 0, 1) == data[:1]


def test_ranges_that_are_ignored():
	with Fake(ranges=True) as fake, driver(fake) as store:
		fake.store("k", b"0123456789")
		assert store.read("k", 0, 4) == b"0123"
		answer = store.ask("read", "k", 3, 4, 100, 1, store.path())
		assert answer.status == "format"


def test_cut_off_in_the_same_place_twice():
	"""The same bytes twice, which are not those of the ETag: that makes it no ETag of another kind."""
	with Fake(checksums=True) as fake, driver(fake) as store:
		store.put("k", b"0123456789" * 10)
		fake.faults = [Fault("GET /bucket/k", "half", 2)]
		assert store.ask("get", "k", 1000, store.path()).status == "io"
		fake.faults = [Fault("GET /bucket/k", "half", 1)]
		assert store.get("k") == b"0123456789" * 10, "and the next ones are still looked at"


def test_etags_that_are_no_md5():
	with Fake(etag_of=lambda body: "0" * 32) as fake, driver(fake) as store:
		fake.store("k", b"bytes")
		assert store.get("k") == b"bytes" and fake.count("GET") == 2
		assert store.get("k") == b"bytes" and fake.count("GET") == 3, "learnt"


# ---- Listings ----

HEAD = "<ListBucketResult><IsTruncated>false</IsTruncated>"
ENTRY = "<Contents><Key>{}</Key><Size>{}</Size></Contents>"


@pytest.mark.parametrize("listing", [
	"", "no xml", "<html></html>", "<ListBucketResult>",
	HEAD + ENTRY.format("b", 1) + ENTRY.format("a", 1) + "</ListBucketResult>",
	HEAD + ENTRY.format("b", 1) * 2 + "</ListBucketResult>",
	HEAD + ENTRY.format("b", "-1") + "</ListBucketResult>",
	HEAD + ENTRY.format("b", "99999999999999999999") + "</ListBucketResult>",
	HEAD + "<Contents><Key>a</Key></Contents></ListBucketResult>",
	HEAD + "<Contents><Size>1</Size></Contents></ListBucketResult>",
	HEAD + "<Contents><Key>a</Key><Key>b</Key><Size>1</Size></Contents></ListBucketResult>",
	HEAD + "<EncodingType>url</EncodingType>" + ENTRY.format("%4", 1) + "</ListBucketResult>",
	HEAD + "<EncodingType>url</EncodingType>" + ENTRY.format("%00", 1) + "</ListBucketResult>",
	"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
	"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken></ListBucketResult>",
	"<!DOCTYPE x [<!ENTITY e 'k'>]>" + HEAD + ENTRY.format("&e;", 1) + "</ListBucketResult>",
])
def test_listings_that_are_none(listing):
	with Fake(listing=listing or " ") as fake, driver(fake) as store:
		answer = store.ask("list", "", store.path())
		assert answer.status == "format", listing


def test_foreign_names_in_a_listing():
	listing = HEAD + "".join(ENTRY.format(key, 1) for key in ("a/", "a/../d", "a//c", "a/b", "z" * 256, "z" * 1025)) + "</ListBucketResult>"
	with Fake(listing=listing) as fake, driver(fake) as store:
		assert store.keys() == ["a/b"], "what cannot be named is left out"


@pytest.mark.parametrize("key", ["a/", "z" * 1025])
def test_pages_that_never_get_any_further(key):
	"""Each with a token of its own, and with nothing but what cannot be named."""
	class Endless(str):
		n = 0

		def encode(self, *_):
			self.n += 1
			return super().encode().replace(b"TOKEN", b"%d" % self.n)

	listing = Endless("<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>TOKEN</NextContinuationToken>" +
		ENTRY.format(key, 1) + "</ListBucketResult>")
	with Fake(listing=listing) as fake, driver(fake) as store:
		assert store.ask("list", "", store.path()).status == "format"
		assert listing.n < 200


def test_a_listing_of_what_was_not_asked_for():
	with Fake(listing=HEAD + ENTRY.format("other/k", 1) + "</ListBucketResult>") as fake, driver(fake) as store:
		assert store.ask("list", "a", store.path()).status == "format"


# ---- Failures that pass ----

BUSY = (503, "SlowDown", {"Retry-After": "0"})


@pytest.mark.parametrize("do", ["drop", "lose", BUSY, (500, "InternalError"), (502, ""), (504, "")], ids=str)
def test_every_operation_is_repeated(do):
	with Fake() as fake, driver(fake) as store:
		def failing(pattern, times=2):
			fake.faults = [Fault(pattern, do, times)]

		data = bytes(range(256)) * 40000
		failing("^PUT /bucket/k")
		store.put("k", b"small")
		failing("POST .*uploads")
		store.create("large", data)
		failing("PUT .*partNumber=2")
		store.create("large", data)
		failing("^(GET|HEAD)")
		assert store.stat("large").size == len(data)
		failing("^GET")
		assert store.read("large") == data
		failing("^GET")
		assert store.read("large", 77, 100) == data[77:177]
		failing("list-type")
		assert store.keys() == ["k", "large"]
		failing("^DELETE")
		store.delete("k")
		failing("POST .*delete")
		store.delete("large", "k")
		assert not fake.objects
		assert store.log() == ""


@pytest.mark.parametrize("do", ["drop", BUSY, (500, "InternalError")], ids=str)
def test_no_operation_is_repeated_for_ever(do):
	with Fake(faults=[Fault("", do, 10 ** 6)]) as fake, driver(fake) as store:
		store.do("attempts", 4)
		for words in (("stat", "k"), ("list", "", store.path()), ("put", "k", store._file(b""), "absent"), ("delete", "k"), ("delete", "k", "l"),
				("read", "k", 0, "max", 100, 1, store.path())):
			fake.requests.clear()
			answer = store.ask(*words)
			assert answer.status in ("io", "timeout") and "4 times" in answer.text, answer
			assert len(fake.requests) == 4


def test_what_is_refused_is_not_repeated():
	for code, word, status in ((403, "AccessDenied", "denied"), (404, "NoSuchKey", "not-found"), (400, "InvalidRequest", "io"), (507, "Full", "full"),
			(403, "XMinioAdminBucketQuotaExceeded", "full"), (302, "", "format"), (409, "Conflict", "io"), (413, "EntityTooLarge", "too-large")):
		with Fake(faults=[Fault("GET", (code, word), 10 ** 6)]) as fake, driver(fake) as store:
			assert store.ask("read", "k", 0, "max", 100, 1, store.path()).status == status, word
			assert len(fake.requests) == 1


def test_a_server_that_asks_for_patience_gets_it():
	with Fake(faults=[Fault("", (503, "SlowDown", {"Retry-After": "2"}))]) as fake, driver(fake) as store:
		begin = time.monotonic()
		store.put("k", b"x")
		assert time.monotonic() - begin >= 2


def test_who_waits_can_be_stopped():
	with Fake(faults=[Fault("", (503, "SlowDown", {"Retry-After": "20"}), 100)]) as fake, driver(fake) as store:
		store.send("stat", "k")
		while not fake.requests:
			time.sleep(0.01)
		time.sleep(0.2)
		begin = time.monotonic()
		store.process.send_signal(signal.SIGUSR1)
		assert store._answer().status == "stopped"
		assert time.monotonic() - begin < 2


def test_one_connection_is_enough():
	with Fake() as fake, driver(fake) as store:
		for n in range(5):
			store.put(f"k{n}", bytes(n * 1000000), "absent")
			store.get(f"k{n}")
			store.stat(f"k{n}")
			store.read(f"k{n}", 10, 1000)
			store.read(f"k{n}", 10)
			store.ask("stat", "nothing")
			store.keys()
		store.create("large", bytes(2 * PART_BYTES))
		store.read("large")
		store.delete("k1", "k2")
		assert fake.n_connections == 1


# ---- Broken off, damaged ----

def test_what_is_damaged_on_its_way_there_is_sent_again():
	for lacks in ({}, {"checksums": True}):
		with Fake(**lacks) as fake, driver(fake) as store:
			store.put("warm", b"x")
			data = bytes(range(256)) * 40000
			fake.faults = [Fault("PUT /bucket/k", "damage"), Fault("partNumber=2", "damage"), Fault("[?]delete", "damage")]
			store.put("k", b"important")
			store.create("l", data)
			assert fake.objects["k"].data == b"important" and fake.objects["l"].data == data
			store.delete("k", "l")
			assert list(fake.objects) == ["warm"]
			fake.faults = [Fault("PUT", "damage", 100)]
			store.do("attempts", 3)
			answer = store.ask("put", "k", store._file(b"important"), "always")
			assert answer.status == "io" and "damaged" in answer.text


def test_a_download_goes_on_where_it_stopped():
	data = bytes(range(251)) * 50000
	for crc in (None, crc_text(data)):
		with Fake(faults=[Fault("GET", "short", 5)]) as fake, driver(fake) as store:
			fake.store("k", data, crc)
			assert store.read("k") == data
			ranges = [headers.get("range", headers.get("Range")) for line, headers, _ in fake.requests if line.startswith("GET")]
			assert len(ranges) == 6 and ranges[0] is None
			assert all(int(r.split("=")[1].rstrip("-").split("-")[0]) > 0 for r in ranges[1:]), "never from the beginning again"
			fake.faults = [Fault("GET", "short", 3)]
			assert store.read("k", 1000, 2000000) == data[1000:2001000]


def test_a_download_that_makes_progress_may_break_often():
	data = bytes(4 << 20)
	with Fake(faults=[Fault("GET", "short", 12)]) as fake, driver(fake) as store:
		fake.store("k", data)
		assert store.read("k") == data
		assert fake.count("GET") == 13


def test_replaced_between_two_pieces():
	with Fake(faults=[Fault("GET", "short")]) as fake, driver(fake) as store:
		fake.store("k", bytes(4 << 20))
		fake.faults.append(Fault("GET", (412, "PreconditionFailed")))
		answer = store.ask("read", "k", 0, "max", 1 << 20, 8, store.path())
		assert answer.status == "changed" and "replaced" in answer.text
		fake.faults = [Fault("GET", "short"), Fault("GET", (404, "NoSuchKey"))]
		answer = store.ask("read", "k", 0, "max", 1 << 20, 8, store.path())
		assert answer.status == "changed" and "deleted" in answer.text


def test_small_objects_are_read_again_when_damaged():
	data = b"important"
	for crc in (None, crc_text(data)):
		with Fake(faults=[Fault("GET", "corrupt")]) as fake, driver(fake) as store:
			fake.store("k", data, crc)
			assert store.get("k") == data and fake.count("GET") == 2


def test_damaged_for_good():
	with Fake() as fake, driver(fake) as store:
		fake.store("k", b"important", crc_text(b"other"))
		answer = store.ask("get", "k", 100, store.path())
		assert answer.status == "io" and "damaged" in answer.text
		fake.store("large", bytes(3 << 20), crc_text(b"other"))
		answer = store.ask("read", "large", 0, "max", 1 << 20, 2, store.path())
		assert answer.status == "io" and "damaged" in answer.text


def test_a_large_object_that_is_damaged_on_its_way():
	with Fake(faults=[Fault("GET", "corrupt")]) as fake, driver(fake) as store:
		fake.store("k", bytes(3 << 20), crc_text(bytes(3 << 20)))
		assert store.ask("read", "k", 0, "max", 1 << 20, 2, store.path()).status == "io"
		assert store.read("k") == bytes(3 << 20)


# ---- Done, but the answer was lost ----

def test_written_once_though_the_answer_was_lost():
	for do in ("lose", (500, "InternalError")):
		with Fake() as fake, driver(fake) as store:
			store.put("warm", b"", "absent")
			fake.faults = [Fault("PUT /bucket/k", "lose")]
			store.put("k", b"mine", "absent")
			assert fake.objects["k"].data == b"mine" and fake.count("PUT /bucket/k") == 2
			# Lost on its way there, and meanwhile somebody else wrote the same.
			fake.faults = [Fault("PUT /bucket/l", do if do != "lose" else "drop")]
			fake.store("l", b"mine")
			assert store.ask("put", "l", store._file(b"mine"), "absent").status == "exists"


def test_completed_though_the_answer_was_lost():
	data = bytes(range(256)) * 50000
	with Fake(faults=[Fault("POST .*uploadId", "lose")]) as fake, driver(fake) as store:
		store.create("k", data)
		assert fake.objects["k"].data == data
	with Fake(faults=[Fault("POST .*uploadId", "lose")], checksums=True) as fake, driver(fake) as store:
		store.create("k", data)  # known by its ETag
		assert fake.objects["k"].data == data
	with Fake(faults=[Fault("POST .*uploadId", (404, "NoSuchUpload"))]) as fake, driver(fake) as store:
		fake.store("k", data[::-1])
		answer = store.ask("create", "k", store._file(data), 1 << 20, "commit")
		assert answer.status != "ok", "what is there is somebody else's"
		assert not fake.uploads, "and what was sent is removed"


def test_errors_inside_a_200():
	with Fake() as fake, driver(fake) as store:
		fake.complete_errors = 2
		store.create("k", bytes(PART_BYTES + 1))
		assert fake.objects["k"].data == bytes(PART_BYTES + 1)
		fake.undeletable = {"k": ("InternalError", 2), "l": ("NoSuchKey", 100)}
		store.delete("k", "l")
		assert not fake.objects
		fake.store("k", b"")
		fake.undeletable = {"k": ("AccessDenied", 100)}
		answer = store.ask("delete", "l", "k")
		assert answer.status == "denied" and "/k:" in answer.text and "s3:DeleteObject" in answer.text


def test_an_upload_that_fails_leaves_nothing():
	with Fake(faults=[Fault("PUT .*partNumber=2", (403, "AccessDenied"), 10 ** 6)]) as fake, driver(fake) as store:
		fake.store("k", b"old")
		assert store.ask("create", "k", store._file(bytes(3 * PART_BYTES)), 1 << 20, "commit").status == "denied"
		assert not fake.uploads and fake.objects["k"].data == b"old"


def test_nothing_of_the_secret_leaves():
	with Fake() as fake, driver(fake, secret_key="hush-hush", session_token="a-token") as store:
		store.put("k", b"x")
		store.get("k")
		assert fake.requests and all("hush-hush" not in str(request) for request in fake.requests)
		assert all(headers.get("x-amz-security-token", headers.get("X-Amz-Security-Token")) == "a-token" for _, headers, _ in fake.requests)


@pytest.mark.parametrize("form", ["<Error><Code>AccessDenied</Code><Message>{}</Message></Error>", "<Error><Code>{}</Code></Error>", "you sent {}"])
def test_a_server_that_repeats_what_it_was_sent(form):
	"""As pages for searching faults do: what opens the buckets must not get into the log by that."""
	token = "IQoJb3JpZ2luX2VjEXAMPLETOKEN" + "x" * 50
	with Fake() as fake, driver(fake, session_token=token) as store:
		for code in (403, 400, 500):
			fake.echo = (code, form.format(token))
			store.do("attempts", 1)
			answer = store.ask("stat", "k")
			assert answer.status != "ok" and "EXAMPLETOKEN" not in answer.text + store.log(), answer.text
		fake.echo = (403, "you sent an elephant")
		assert "elephant" in store.ask("stat", "k").text


def test_words_of_a_hostile_server_are_escaped():
	with Fake(faults=[Fault("GET", (403, "Access\x1b[2JDenied"), 9, "\x1b]0;title\x07 \u202e")]) as fake, driver(fake) as store:
		answer = store.ask("read", "k\x1b[1m", 0, "max", 100, 1, store.path())
		assert answer.status == "denied" and answer.text.isprintable(), answer.text
