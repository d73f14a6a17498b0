"""prio-processor ls and cat, and how objects are named, over buckets that are directories."""

import json
import os
import subprocess

import pytest


def lines(out):
	return out.decode().splitlines()


def rows(out):
	return [json.loads(line) for line in lines(out)]


# ---- ls ----

def test_ls_shows_one_level_with_what_lies_under_it(operator):
	operator.put("private:data/v1/x", b"123")
	operator.put("private:data/v1/deep/er/y", b"12345")
	operator.put("private:data/v1/deep/z", b"1")
	operator.put("private:data/v1.json", b"")
	assert lines(operator.ok("ls", "private:data/v1")) == [
		"             6  private:data/v1/deep/  (2 objects)",
		"             3  private:data/v1/x",
	]
	assert lines(operator.ok("ls", "private:")) == ["             9  private:data/  (4 objects)"]
	assert lines(operator.ok("ls", "private:data/")) == [
		"             0  private:data/v1.json",
		"             9  private:data/v1/  (3 objects)",
	]


def test_ls_recursive_names_every_object(operator):
	operator.put("shared:a/b/c", b"123")
	operator.put("shared:a/d", b"1")
	assert lines(operator.ok("ls", "--recursive", "shared:")) == ["             3  shared:a/b/c", "             1  shared:a/d"]


def test_ls_groups_by_whole_words(operator):
	"""Bytewise, "a-" comes before "a/": groups stay together all the same, and "ab/" is another one."""
	for key in ("a-b/x", "a/x", "a/y", "ab/x", "a.x"):
		operator.put("ingest:" + key, b"1")
	assert [line.split(maxsplit=1)[1] for line in lines(operator.ok("ls", "ingest:"))] == [
		"ingest:a-b/  (1 object)", "ingest:a.x", "ingest:a/  (2 objects)", "ingest:ab/  (1 object)"]


def test_ls_of_an_object_shows_it(operator):
	operator.put("partner:k", b"12")
	assert lines(operator.ok("ls", "partner:k")) == ["             2  partner:k"]


def test_ls_json(operator):
	operator.put("private:a/b", b"12")
	operator.put("private:c é\n", b"1")
	assert rows(operator.ok("ls", "--json", "private:")) == [
		{"name": "private:a/", "bytes": 2, "objects": 1}, {"name": "private:c é\n", "bytes": 1, "objects": 1}]


def test_ls_json_of_a_name_that_is_no_text(operator):
	with open(os.fsencode(operator.bucket("private")) + b"/\xff\x1b", "wb"):
		pass
	assert rows(operator.ok("ls", "--json", "private:")) == [
		{"name": "private:\\xff\\x1b", "name_hex": b"private:\xff\x1b".hex(), "bytes": 0, "objects": 1}]


def test_ls_escapes_what_could_steer_a_terminal(operator):
	operator.put("private:\x1b[2Jx\ny/z")
	out = operator.ok("ls", "--recursive", "private:")
	assert out == b"             2  private:\\x1b[2Jx\\x0ay/z\n"


def test_ls_of_nothing(operator):
	assert operator.ok("ls", "private:") == b""  # a bucket may be empty
	assert "private:no/such: there is no such object, and nothing under it" in operator.fails("ls", "private:no/such")


def test_ls_of_several_goes_on_after_one_that_is_missing(operator):
	operator.put("private:a", b"")
	done = operator.run("ls", "private:none", "private:a")
	assert done.returncode == 1 and b"private:none" in done.stderr
	assert done.stdout == b"             0  private:a\n"


def test_ls_makes_no_bucket(operator):
	text = operator.fails("ls", "private:", env={"BUCKET_INTERNAL_PRIVATE": "a-privte"})
	assert "BUCKET_INTERNAL_PRIVATE" in text and "there is no such bucket" in text
	assert not (operator.ours / "a-privte").exists()


def test_ls_of_a_local_directory_and_file(operator):
	(operator.folder / "dir" / "sub").mkdir(parents=True)
	(operator.folder / "dir" / "sub" / "f").write_bytes(b"123")
	assert lines(operator.ok("ls", "./dir")) == ["             3  ./dir/sub/  (1 object)"]
	assert lines(operator.ok("ls", "dir/sub/f")) == ["             3  dir/sub/f"]
	assert lines(operator.ok("ls", f"file://{operator.folder}/dir/sub/")) == [f"             3  {operator.folder}/dir/sub/f"]
	assert "No such file" in operator.fails("ls", "./none")
	assert not (operator.folder / "none").exists()


# ---- Names ----

@pytest.mark.parametrize("name, role", [
	("internal:a-private/k", "private"), ("s3://a-private/k", "private"), ("gs://a-private/k", "private"),
	("internal:s3://a-private/k", "private"), ("external:b-shared/k", "partner"), ("internal:a-ingest/k", "ingest"),
])
def test_any_bucket_of_an_endpoint_has_a_name(operator, name, role):
	operator.put(role + ":k", role.encode())
	assert operator.ok("cat", name) == role.encode()


def test_bucket_variables_may_have_a_protocol(operator):
	operator.put("private:k", b"1")
	assert operator.ok("cat", "private:k", env={"BUCKET_INTERNAL_PRIVATE": "s3://a-private/"}) == b"1"


@pytest.mark.parametrize("name, said", [
	("privte:k", "privte:k is not understood"),
	("internal:", "names no bucket; it must be internal:BUCKET/KEY"),
	("s3:///k", "names no bucket"),
	("private:a//b", "empty component"),
	("private:/a", "empty component"),
	("private:../b", "component of dots"),
	("private:a/./b", "component of dots"),
	("private:" + "k" * 1025, "longer than a name can be"),
	("private:" + "k" * 256, "component is too long"),
	("internal:../x", "must be the name of a bucket"),
])
def test_names_that_are_none(operator, name, said):
	assert said in operator.fails("ls", name, code=2)


@pytest.mark.parametrize("missing, said", [
	("BUCKET_INTERNAL_PRIVATE", "--bucket-internal-private (BUCKET_INTERNAL_PRIVATE) is missing: it names the bucket of private:"),
	("BUCKET_INTERNAL_ENDPOINT", "--bucket-internal-endpoint (BUCKET_INTERNAL_ENDPOINT) is missing: it says where private: is"),
])
def test_says_which_variable_a_name_needs(operator, missing, said):
	assert said in operator.fails("ls", "private:", code=2, env={missing: None})


def test_only_the_endpoint_that_a_name_needs_is_asked_for(operator):
	operator.put("private:k", b"1")
	assert operator.ok("cat", "private:k", env={"BUCKET_EXTERNAL_ENDPOINT": None, "BUCKET_EXTERNAL_SHARED": None}) == b"1"


def test_operands(operator):
	assert "it takes NAME..." in operator.fails("ls", code=2)
	assert '"three" is one too many; it takes SOURCE TARGET' in operator.fails("cp", "one", "two", "three", code=2)
	assert '"-r" is not expected; options begin with --' in operator.fails("ls", "-r", "private:", code=2)
	(operator.folder / "--json").write_bytes(b"a")
	assert operator.ok("cat", "--", "--json") == b"a"
	assert '"stray" is not expected' in operator.fails("process", "stray", code=2)


# ---- cat ----

def test_cat_writes_bytes_as_they_are(operator):
	data = bytes(range(256)) * 20000  # several blocks
	operator.put("shared:bytes", data)
	operator.put("shared:more", b"\n")
	operator.put("shared:empty", b"")
	assert operator.ok("cat", "shared:bytes", "shared:empty", "shared:more") == data + b"\n"


def test_cat_goes_on_and_fails(operator):
	operator.put("shared:b", b"b")
	done = operator.run("cat", "shared:a", "shared:b")
	assert (done.returncode, done.stdout) == (1, b"b")
	assert b"a-shared/a: No such file or directory" in done.stderr


def test_cat_of_a_prefix(operator):
	operator.put("shared:a/b")
	assert "shared:a/ names a prefix, and no object" in operator.fails("cat", "shared:a/", code=2)
	assert operator.fails("cat", "shared:a")  # a directory is no object


def test_cat_shows_controls_on_a_terminal(operator):
	text = "plain é\ttab\x1b[31m red\x07 \u202ertl \x00zero\n".encode() + b"\xff" + "long".encode() * 1000 + "é".encode() * 400 + b"\n"
	operator.put("shared:k", text)
	seen = operator.on_terminal("cat", "shared:k").replace(b"\r\n", b"\n")
	assert seen == ("plain é\ttab\\x1b[31m red\\x07 \\xe2\\x80\\xaertl \\x00zero\n\\xff" + "long" * 1000 + "é" * 400 + "\n").encode()


def test_cat_says_when_nobody_takes_it(operator):
	operator.put("shared:k", b"1" * 100000)
	with open("/dev/full", "wb") as full:
		done = subprocess.run(operator.command("cat", "shared:k"), env=operator.variables(), stdout=full, stderr=subprocess.PIPE,
			check=False)
	assert done.returncode == 1 and b"No space left" in done.stderr
