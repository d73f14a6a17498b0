"""prio-processor cp, over buckets that are directories and files of this machine."""

import os
import pty
import resource
import signal
import subprocess
import time

import pytest

BIG_BYTES = 300_000_000


def test_copies_between_any_two_places(operator):
	data = os.urandom(3_000_000)
	local = operator.folder / "local"
	local.write_bytes(data)
	operator.ok("cp", local, "ingest:some/key")
	operator.ok("cp", "ingest:some/key", "partner:other/key")
	operator.ok("cp", "partner:other/key", "./back")
	operator.ok("cp", f"file://{operator.folder}/back", f"file://{operator.folder}/again")
	assert operator.bucket("ingest").joinpath("some/key").read_bytes() == data
	assert operator.bucket("partner").joinpath("other/key").read_bytes() == data
	assert operator.folder.joinpath("again").read_bytes() == data
	assert oct(operator.folder.joinpath("back").stat().st_mode & 0o777) == "0o600"  # it may hold shares


@pytest.mark.parametrize("n_bytes", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20])
def test_copies_every_length(operator, n_bytes):
	data = os.urandom(n_bytes)
	operator.put("private:a", data)
	operator.ok("cp", "private:a", "private:b")
	assert operator.bucket("private").joinpath("b").read_bytes() == data


def test_standard_input_and_output(operator):
	data = os.urandom(2_500_000)
	operator.ok("cp", "-", "private:k", stdin=data)
	assert operator.ok("cp", "private:k", "-") == data
	assert "needs a name of its own" in operator.fails("cp", "-", "private:dir/", code=2)
	assert "one of SOURCE and TARGET" in operator.fails("cp", "-", "-", code=2)
	assert "--recursive is for prefixes" in operator.fails("cp", "--recursive", "private:k", "-", code=2)


def test_keeps_its_name_in_a_directory(operator):
	operator.put("private:some/key", b"1")
	(operator.folder / "dir").mkdir()
	for target, path in (("partner:", operator.bucket("partner") / "key"), ("ingest:in/", operator.bucket("ingest") / "in/key"),
			("./dir", operator.folder / "dir/key"), ("./new/", operator.folder / "new/key"),
			("external:b-shared/x/", operator.bucket("partner") / "x/key")):
		operator.ok("cp", "private:some/key", target)
		assert path.read_bytes() == b"1"


def test_replaces_unless_told_otherwise(operator):
	operator.put("private:new", b"new")
	operator.put("private:old", b"old")
	done = operator.run("cp", "--no-clobber", "private:new", "private:old")
	assert done.returncode == 0 and b"private:old is there already and is left alone" in done.stderr
	assert operator.ok("cat", "private:old") == b"old"
	operator.ok("cp", "--no-clobber", "-", "private:old", stdin=b"newer")
	assert operator.ok("cat", "private:old") == b"old"
	operator.ok("cp", "private:new", "private:old")
	assert operator.ok("cat", "private:old") == b"new"


def test_refuses_what_it_should_not_replace_or_read(operator):
	operator.put("private:k", b"1")
	fifo, link, dangling = (operator.folder / name for name in ("fifo", "link", "dangling"))
	os.mkfifo(fifo)
	link.symlink_to(operator.folder / "target")
	dangling.symlink_to(operator.folder / "nothing")
	(operator.folder / "target").write_bytes(b"kept")
	for target in (fifo, link, dangling, "/dev/null"):
		assert "no regular file; it is not replaced" in operator.fails("cp", "private:k", target)
	assert (operator.folder / "target").read_bytes() == b"kept" and fifo.is_fifo()
	assert "no regular file; standard input is read as -" in operator.fails("cp", fifo, "private:fifo")
	assert "No such file" in operator.fails("cp", "private:k", "./no/dir/file")
	assert "no file" in operator.fails("cp", operator.ours, "private:dir")
	operator.ok("cp", link, "private:through")  # a link that a person names is followed
	assert operator.ok("cat", "private:through") == b"kept"


def test_a_source_that_is_missing_leaves_the_target_alone(operator):
	operator.put("private:old", b"old")
	assert "No such file or directory" in operator.fails("cp", "private:none", "private:old")
	assert "No such file or directory" in operator.fails("cp", "private:none", "private:new")
	assert operator.keys("private") == ["old"] and operator.ok("cat", "private:old") == b"old"
	assert "copied onto itself" in operator.fails("cp", "private:old", "internal:a-private/old")
	assert operator.ok("cat", "private:old") == b"old"


# ---- Trees ----

def make_tree(operator):
	for key in ("in/_SUCCESS", "in/_manifest.json", "in/batch_id=b é/_SUCCESS", "in/batch_id=b é/part-0", "in/batch_id=a/part-0"):
		operator.put("shared:" + key, key.encode())
	operator.put("shared:in.other", b"")


def test_copies_a_tree(operator):
	make_tree(operator)
	said = operator.run("cp", "--recursive", "shared:in", "private:out/there").stderr
	assert b"copied 5 objects" in said
	assert operator.keys("private") == sorted("out/there/" + key[3:] for key in operator.keys("shared") if key.startswith("in/"))
	operator.ok("cp", "--recursive", "private:out/", "./down")
	operator.ok("cp", "--recursive", "./down/there", "partner:in")
	assert operator.keys("partner") == [key for key in operator.keys("shared") if key.startswith("in/")]
	for key in operator.keys("partner"):
		assert operator.bucket("partner").joinpath(key).read_bytes() == key.encode()
	assert "there is nothing under it" in operator.fails("cp", "--recursive", "shared:none", "private:x")
	assert "a file, and no directory" in operator.fails("cp", "--recursive", "./down/there/_SUCCESS", "private:x")


def test_copies_a_whole_bucket_and_into_itself(operator):
	make_tree(operator)
	operator.ok("cp", "--recursive", "shared:", "shared:in/copy")
	assert len(operator.keys("shared")) == 12 and "in/copy/in/batch_id=a/part-0" in operator.keys("shared")


def test_markers_are_written_last(operator):
	make_tree(operator)
	operator.ok("cp", "--recursive", "shared:in", "private:out")
	order = ["out/batch_id=a/part-0", "out/batch_id=b é/part-0", "out/_manifest.json", "out/batch_id=b é/_SUCCESS", "out/_SUCCESS"]
	times = [operator.bucket("private").joinpath(key).stat().st_mtime_ns for key in order]
	assert times == sorted(times)  # a clock may stand still between two


def test_what_cannot_be_copied_is_named_and_holds_markers_back(operator):
	make_tree(operator)
	operator.put("private:out/batch_id=a/part-0/in-the-way")
	done = operator.run("cp", "--recursive", "shared:in", "private:out")
	assert done.returncode == 1
	assert b"error: cp: shared:in/batch_id=a/part-0: " in done.stderr
	assert b"3 markers and manifests are not copied" in done.stderr and b"4 of 5 objects were not copied" in done.stderr
	assert operator.keys("private") == ["out/batch_id=a/part-0/in-the-way", "out/batch_id=b é/part-0"]


def test_no_clobber_of_a_tree(operator):
	make_tree(operator)
	operator.put("private:out/batch_id=a/part-0", b"old")
	done = operator.run("cp", "--recursive", "--no-clobber", "shared:in", "private:out")
	assert done.returncode == 0 and b"copied 4 objects" in done.stderr and b"the others were there" in done.stderr
	assert operator.ok("cat", "private:out/batch_id=a/part-0") == b"old"


def test_nothing_leads_out_of_the_target(operator):
	"""A link in the target directory that leads elsewhere is not followed, whatever the keys are."""
	outside = operator.folder / "outside"
	outside.mkdir()
	(operator.folder / "down").mkdir()
	(operator.folder / "down" / "dir").symlink_to(outside)
	(operator.folder / "down" / "file").symlink_to(outside / "file")
	operator.put("private:t/dir/x", b"1")
	operator.put("private:t/file", b"2")
	operator.put("private:t/plain", b"3")
	done = operator.run("cp", "--recursive", "private:t", "./down")
	assert done.returncode == 1 and b"private:t/dir/x" in done.stderr
	assert list(outside.iterdir()) == []
	assert (operator.folder / "down/plain").read_bytes() == b"3"
	assert (operator.folder / "down/file").read_bytes() == b"2" and not (operator.folder / "down/file").is_symlink()


def test_links_in_a_source_are_left_out(operator):
	secret = operator.folder / "secret"
	secret.write_bytes(b"secret")
	source = operator.folder / "source"
	source.mkdir()
	(source / "link").symlink_to(secret)
	(source / "dir").symlink_to(operator.folder)
	(source / "plain").write_bytes(b"1")
	operator.ok("cp", "--recursive", source, "partner:")
	assert operator.keys("partner") == ["plain"]


# ---- What goes on while it runs ----

def test_memory_does_not_grow_with_the_object(operator):
	with open(operator.bucket("private") / "big", "wb") as big:
		big.truncate(BIG_BYTES)
	limit = lambda: resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))
	if "ASAN_OPTIONS" not in os.environ and "TSAN_OPTIONS" not in os.environ:
		operator.ok("cp", "private:big", "./big", preexec_fn=limit)
		assert (operator.folder / "big").stat().st_size == BIG_BYTES
		os.remove(operator.folder / "big")


def test_a_signal_leaves_nothing_half_written(operator):
	operator.put("private:k", b"old")
	process = subprocess.Popen(operator.command("cp", "-", "private:k"), env=operator.variables(), stdin=subprocess.PIPE,
		stderr=subprocess.PIPE)
	process.stdin.write(b"x" * 3_000_000)
	process.stdin.flush()
	end = time.monotonic() + 60
	while len(operator.keys("private")) < 2:  # the new one is being written beside it
		assert time.monotonic() < end
		time.sleep(0.01)
	process.send_signal(signal.SIGINT)
	assert process.wait(60) == 1
	assert b"stopped by signal 2" in process.stderr.read()
	process.stdin.close()
	assert operator.keys("private") == ["k"] and operator.ok("cat", "private:k") == b"old"


def test_progress_is_shown_on_a_terminal(operator):
	with open(operator.bucket("private") / "big", "wb") as big:
		big.truncate(BIG_BYTES)
	ours, theirs = pty.openpty()
	process = subprocess.Popen(operator.command("cp", "--recursive", "private:", "./down"),
		env=operator.variables(), cwd=operator.folder, stdin=subprocess.DEVNULL, stderr=theirs)
	os.close(theirs)
	time.sleep(0.02)
	process.send_signal(signal.SIGSTOP)  # however fast it copies, time passes meanwhile
	time.sleep(0.6)
	process.send_signal(signal.SIGCONT)
	seen = b""
	while True:
		try:
			piece = os.read(ours, 65536)
		except OSError:
			break
		seen += piece
	assert process.wait(60) == 0
	os.close(ours)
	assert b"object 1 of 1, " in seen and b" of 300.0 MB" in seen


def test_a_journal_is_not_replaced(operator):
	key = "private:data/v1/AB/app/2026-11-22/journal/batch_id=a/query"
	for name in ("new", "old"):
		operator.folder.joinpath(name).write_text(name)
	operator.ok("cp", "./new", key)  # none was there: it is brought back from a backup
	assert "is a journal" in operator.fails("cp", "./old", key)
	operator.ok("cp", "--no-clobber", "./old", key)
	assert operator.bucket("private").joinpath(key.removeprefix("private:")).read_text() == "new"
	operator.ok("cp", "--journal", "./old", key)
	assert operator.bucket("private").joinpath(key.removeprefix("private:")).read_text() == "old"
