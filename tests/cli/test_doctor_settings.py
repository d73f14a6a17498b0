"""prio-processor doctor: variables, keys, the configuration of batches, this machine. Every finding that it can print has a test here
or in test_doctor_buckets.py, tests/s3/test_doctor_s3.py."""

import resource

import pytest


def test_finds_nothing_where_nothing_is_wrong(patient):
	before = patient.files()
	assert patient.findings() == []
	assert [one["what"] for one in patient.told] == ["variables", "keys", "SHARED_SECRET", "DATA_CONFIG", "BUCKET_INTERNAL_INGEST",
		"BUCKET_INTERNAL_PRIVATE", "BUCKET_INTERNAL_SHARED", "BUCKET_EXTERNAL_SHARED", "waiting", "kernels", "core files"]
	assert patient.files() == before  # it leaves nothing behind


def test_the_table_says_the_same(patient):
	done = patient.run(env={"MIN_BATCH": "10", "RETRY_LIMIT": "nonsense"})
	assert done.returncode == 1
	lines = done.stdout.splitlines()
	assert lines[0] == 'FAIL  variables                 --retry-limit (RETRY_LIMIT) is "nonsense"; it must be a number'
	assert lines[1].strip().startswith("-> process --help")
	assert any(line.startswith("warn  MIN_BATCH                 batch one: ") for line in lines)
	assert any(line.startswith("ok    keys  ") for line in lines)
	assert lines[-1].endswith(" warnings, 1 failures")


def test_goes_on_after_everything_is_wrong(patient):
	patient.env = {}
	found = patient.findings()
	assert {what for _, what, _ in found} >= {"variables", "MAX_REFUSED_FRACTION", "REQUIRE_MANIFEST", "buckets", "waiting"}
	assert ("fail", "buckets", "they were not looked at: where things lie in them is not known") in found


# ---- Variables ----

REQUIRED = ["APP_NAME", "DATA_CONFIG", "SERVER_ID", "SHARED_SECRET", "PRIVATE_KEY_HEX", "PUBLIC_KEY_HEX_INTERNAL",
	"PUBLIC_KEY_HEX_EXTERNAL", "BUCKET_INTERNAL_ENDPOINT", "BUCKET_EXTERNAL_ENDPOINT", "BUCKET_INTERNAL_INGEST",
	"BUCKET_INTERNAL_PRIVATE", "BUCKET_INTERNAL_SHARED", "BUCKET_EXTERNAL_SHARED"]


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_missing(patient, name, value):
	others = patient.finds("fail", "variables", f"({name}) is missing", {name: value})
	assert {what for _, what, _ in others} <= {"buckets"}
	assert ("but empty" in str(patient.told)) == (value == "")


@pytest.mark.parametrize("name, value, said", [
	("RETRY_LIMIT", "x", "must be a number"),
	("RETRY_LIMIT", "99999999999999999999", "must be 0 to 9223372036854775807"),
	("RETRY_DELAY", "-1", "must be a number of 0 or more"),
	("SERVER_ID", "C", "must be one of A|B"),
	("PARTNER", "4", "must be one of 5|4.1"),
	("KEEP_STATE", "maybe", "must be 1, true"),
	("PRIVATE_KEY_HEX_FILE", "/none", "PRIVATE_KEY_HEX and PRIVATE_KEY_HEX_FILE are both set"),
	("BUCKET_INTERNAL_ADDRESSING", "host", "must be one of auto|path|virtual"),
])
def test_what_cannot_be_read(patient, name, value, said):
	others = patient.finds("fail", "variables", said, {name: value})
	assert {what for _, what, _ in others} <= {"variables", "waiting"}  # the default holds instead, which is short


def test_a_secret_file_that_is_missing(patient):
	patient.finds("fail", "variables", "No such file", {"SHARED_SECRET": None, "SHARED_SECRET_FILE": "/none"})


@pytest.mark.parametrize("name, meant", [
	("BUCKET_INTERNAL_ACESS_KEY", "BUCKET_INTERNAL_ACCESS_KEY"), ("BUCKET_EXTERNAL_SHARE", "BUCKET_EXTERNAL_SHARED"),
	("BUCKET_EXTERNAL_ACESS_KEY", "BUCKET_EXTERNAL_ACCESS_KEY"), ("PUBLIC_KEY_INTERNAL", "PUBLIC_KEY_HEX_INTERNAL"),
	("bucket_internal_region", "BUCKET_INTERNAL_REGION"), ("RETRY_BACKOF_EXPONENT", "RETRY_BACKOFF_EXPONENT"),
	("BUCKET_INTERNAL_SECRET_KEY_FIL", "BUCKET_INTERNAL_SECRET_KEY_FILE"), ("AWS_DEFAULT_REGION", "AWS_REGION"),
	("SUBMISION_DATE", "SUBMISSION_DATE"),
])
def test_names_that_are_slips(patient, name, meant):
	patient.finds_only("warn", "variables", f"{name} is not read; did you mean {meant}?", {name: "x"})


def test_a_name_that_only_looks_like_ours(patient):
	patient.finds_only("warn", "variables", "PRIO_COLOURFULNESS is not read by any command", {"PRIO_COLOURFULNESS": "x"})


def test_other_peoples_names(patient):
	usual = ["HOSTNAME", "LOGNAME", "USER", "SHELL", "TERM", "PWD", "OLDPWD", "SHLVL", "LC_ALL", "TZ", "EDITOR", "XDG_RUNTIME_DIR",
		"KUBERNETES_SERVICE_HOST", "KUBERNETES_PORT_443_TCP_ADDR", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SSL_CERT_FILE",
		"HTTPS_PROXY", "NO_PROXY", "PRIO_BIN", "PYTHONPATH", "DEBIAN_FRONTEND", "INVOCATION_ID", "JOURNAL_STREAM", "MAIL"]
	assert patient.findings({name: "x" for name in usual}) == []


@pytest.mark.parametrize("value", ['"test-app"', "'test-app'", "test-app ", "\ttest-app"])
def test_quotation_marks_and_blanks(patient, value):
	patient.finds_only("warn", "variables", "APP_NAME begins or ends with a quotation mark or a blank", {"APP_NAME": value})


@pytest.mark.parametrize("mode, said", [(0o604, "read"), (0o602, "write to")])
def test_a_secret_file_that_others_can_read(patient, mode, said):
	path = patient.folder / "secret"
	path.write_text(patient.env["SHARED_SECRET"] + "\n")
	changes = {"SHARED_SECRET": None, "SHARED_SECRET_FILE": path}
	path.chmod(mode)
	patient.finds_only("fail", "SHARED_SECRET_FILE", f"everybody on this machine can {said} the file of a secret", changes)
	path.chmod(0o600)
	assert patient.findings(changes) == []


# ---- Keys and paths ----

def test_keys(patient):
	other = patient.other
	patient.finds("fail", "keys", "PRIVATE_KEY_HEX", {"PRIVATE_KEY_HEX": "12"})
	patient.finds_only("fail", "keys", "PRIVATE_KEY_HEX", {"PUBLIC_KEY_HEX_INTERNAL": other, "PUBLIC_KEY_HEX_EXTERNAL": "AB" * 32})
	patient.finds("fail", "keys", "PUBLIC_KEY_HEX_INTERNAL", {"PUBLIC_KEY_HEX_INTERNAL": "x"})
	patient.finds("fail", "keys", "PUBLIC_KEY_HEX_EXTERNAL", {"PUBLIC_KEY_HEX_EXTERNAL": "x"})
	patient.finds("fail", "keys", "PUBLIC_KEY_HEX_INTERNAL", {"PUBLIC_KEY_HEX_INTERNAL": "x", "PRIVATE_KEY_HEX": None})
	patient.finds_only("fail", "keys", "PUBLIC_KEY_HEX_EXTERNAL is this server's own public key", {"PUBLIC_KEY_HEX_EXTERNAL": patient.own})


@pytest.mark.parametrize("value", ["x", "AAAA", "not base64 at all"])
def test_shared_secret(patient, value):
	patient.finds_only("fail", "SHARED_SECRET", "SHARED_SECRET", {"SHARED_SECRET": value})


@pytest.mark.parametrize("name, value, what", [
	("SUBMISSION_DATE", "22.11.2026", "SUBMISSION_DATE"), ("APP_NAME", "a/b", "paths"), ("BUCKET_PREFIX", "data//v1", "paths"),
])
def test_paths(patient, name, value, what):
	others = patient.finds("fail", what, name, {name: value})
	assert [what for _, what, _ in others] == ["buckets"]


# ---- Batches ----

def test_data_config(patient):
	patient.finds_only("fail", "DATA_CONFIG", "No such file", {"DATA_CONFIG": "/none"})
	patient.finds_only("fail", "DATA_CONFIG", "must be a list", {"DATA_CONFIG": patient.config("{}")})
	patient.finds_only("fail", "DATA_CONFIG", "line 1", {"DATA_CONFIG": patient.config("nonsense")})


def test_forgeable_sizes(patient):
	config = patient.config([{"batch_id": "one", "n_data": 441}, {"batch_id": "tw\x1bo", "n_data": 7}])
	patient.finds_only("fail", "forgeable-size", "batch tw\\x1bo will not be processed: with n_data 7", {"DATA_CONFIG": config})
	patient.finds_only("warn", "forgeable-size", "ALLOW_FORGEABLE_SIZE accepts it", {"DATA_CONFIG": config, "ALLOW_FORGEABLE_SIZE": "1"})


def test_floors(patient):
	patient.finds_only("warn", "MIN_BATCH", "a total of 1 or more records is sent", {"MIN_BATCH": None})
	patient.finds_only("warn", "MIN_BATCH", "a total of 99 or more records is sent", {"MIN_BATCH": "99"})
	assert patient.findings({"MIN_BATCH": None, "DATA_CONFIG": patient.config([{"batch_id": "a", "n_data": 5, "min_batch": 100}])}) == []
	patient.finds_only("warn", "MAX_REFUSED_FRACTION", "it is 1", {"MAX_REFUSED_FRACTION": None})
	patient.finds_only("fail", "MAX_REFUSED_FRACTION", "above 1", {"MAX_REFUSED_FRACTION": "5"})


def test_rules(patient):
	patient.finds_only("warn", "REQUIRE_MANIFEST", "it is off", {"REQUIRE_MANIFEST": None})
	patient.finds_only("fail", "REQUIRE_MANIFEST", "a partner of version 4.1 writes no manifests", {"PARTNER": "4.1", "RETRY_LIMIT": "600"})
	patient.finds_only("warn", "ALLOW_COPIED_SHARES", "it is on", {"ALLOW_COPIED_SHARES": "1"})
	patient.finds_only("warn", "PRIO_FORCE", "it is on", {"PRIO_FORCE": "1"})


# ---- Waiting ----

def test_the_default_wait_is_short(patient):
	"""2 + 4 + 8 + 16 + 32 + 64 seconds."""
	patient.finds_only("warn", "waiting", "for 126 s at each stage; a partner that starts 126 s later than this server misses it",
		{"RETRY_LIMIT": None, "RETRY_DELAY": None, "RETRY_BACKOFF_EXPONENT": None})


def test_an_original_partner_takes_longer(patient):
	"""A million records of 441 fields: 1e6 * 441 / 2000 * 0.275 s / 32 processors."""
	rule = {"PARTNER": "4.1", "REQUIRE_MANIFEST": None, "RETRY_BACKOFF_EXPONENT": "1", "RETRY_DELAY": "1"}
	assert round(1e6 * 441 / 2000 * 0.275 / 32) == 1895
	patient.finds_only("warn", "waiting", "for 1894 s at each stage; a partner of version 4.1 takes about 1895 s for 1000000 records",
		{**rule, "RETRY_LIMIT": "1893"})
	assert patient.findings({**rule, "RETRY_LIMIT": "1894"}) == []


def test_counts_the_records_that_are_there(patient):
	"""A line of server B is about 270 bytes: its share in base64, and id and other members."""
	part = patient.bucket("ours/ingest") / patient.inner / "raw/shares/batch_id=one/part-0"
	part.parent.mkdir(parents=True)
	with open(part, "wb") as file:
		file.truncate(3_000_000 * 270)
	rule = {"PARTNER": "4.1", "REQUIRE_MANIFEST": None, "RETRY_BACKOFF_EXPONENT": "1", "RETRY_DELAY": "1", "SERVER_ID": "B"}
	(_, _, text), = patient.findings({**rule, "RETRY_LIMIT": "1894"})
	n_records = int(text.split(" s for ")[1].split()[0])
	assert abs(n_records - 3_000_000) < 100_000 and "as many as lie in the ingest bucket" in text


# ---- This machine ----

def test_limits(patient):
	patient.finds_only("warn", "limits", "a process may open 200 files only",
		preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)))
	patient.finds_only("warn", "limits", "a process may write files of 1000000 bytes only",
		preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000000, 1000000)))


def test_kernels(patient):
	found = patient.findings({"PRIO_CPU": "portable"})
	best = [one["text"] for one in patient.told if one["what"] == "kernels"][0]
	if "self-tests passed" not in best:  # on a machine that has more
		assert [(level, what) for level, what, _ in found] == [("warn", "kernels")]
		assert found[0][2].startswith("portable, as PRIO_CPU says, and this machine has ")
