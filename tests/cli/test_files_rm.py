"""prio-processor rm, over buckets that are directories."""

import pytest

TREE = ["t/_SUCCESS", "t/_manifest.json", "t/batch_id=a/_SUCCESS", "t/batch_id=a/part-0"]


def make_tree(operator):
	for key in TREE + ["t.other", "u/x"]:
		operator.put("ingest:" + key)


def test_removes_exactly_the_names(operator):
	make_tree(operator)
	operator.ok("rm", "ingest:t/batch_id=a/part-0", "ingest:t.other")
	assert operator.keys("ingest") == ["t/_SUCCESS", "t/_manifest.json", "t/batch_id=a/_SUCCESS", "u/x"]


def test_a_name_that_is_not_there(operator):
	make_tree(operator)
	text = operator.fails("rm", "ingest:none", "ingest:t", "ingest:u/x")
	assert "ingest:none: there is no such object" in text and "ingest:t: there is no such object" in text
	assert operator.keys("ingest") == sorted(TREE + ["t.other"])


def test_recursive_says_first_what_it_would_do(operator):
	make_tree(operator)
	done = operator.run("rm", "--recursive", "ingest:t")
	assert done.returncode == 2
	assert done.stdout.decode().split() == [f"ingest:{key}" for key in (
		"t/batch_id=a/part-0", "t/_manifest.json", "t/batch_id=a/_SUCCESS", "t/_SUCCESS")]
	assert b"nothing was deleted: these would be, 4 objects" in done.stderr and b"--yes" in done.stderr
	assert operator.keys("ingest") == sorted(TREE + ["t.other", "u/x"])


def test_recursive_removes_the_prefix_alone(operator):
	make_tree(operator)
	operator.ok("rm", "--recursive", "--yes", "ingest:t/")
	assert operator.keys("ingest") == ["t.other", "u/x"]
	assert "there is nothing under it" in operator.fails("rm", "--recursive", "--yes", "ingest:t")


@pytest.mark.parametrize("name", ["ingest:", "internal:a-ingest", "internal:a-ingest/", "s3://a-ingest/"])
def test_never_a_whole_bucket(operator, name):
	make_tree(operator)
	assert "whole bucket" in operator.fails("rm", "--recursive", "--yes", name, code=2)
	assert len(operator.keys("ingest")) == 6


def test_a_prefix_is_no_object(operator):
	make_tree(operator)
	assert "names a prefix" in operator.fails("rm", "ingest:u/", code=2)
	assert "names a prefix" in operator.fails("rm", "ingest:", code=2)


def test_more_than_a_request_can_name(operator):
	for i in range(2345):
		operator.put(f"ingest:many/{i}", b"")
	operator.put("ingest:many/_SUCCESS", b"")
	assert b"deleted 2346 objects" in operator.run("rm", "--recursive", "--yes", "ingest:many").stderr
	assert operator.keys("ingest") == []


def test_journals_are_kept(operator):
	key = "data/v1/AB/app/2026-11-22/journal/batch_id=a/verified"
	operator.put("private:" + key)
	operator.put("private:data/v1/AB/app/2026-11-22/checkpoint/x")
	for options in (["private:" + key], ["--recursive", "--yes", "private:data"], ["--recursive", "private:data/v1/AB"]):
		text = operator.fails("rm", *options)
		assert "is a journal" in text and "cleanup --forget" in text
	assert len(operator.keys("private")) == 2
	operator.ok("rm", "--journal", "--recursive", "--yes", "private:data")
	assert operator.keys("private") == []


def test_is_not_for_local_files(operator):
	(operator.folder / "f").write_bytes(b"1")
	for name in ("./f", f"file://{operator.folder}/f"):
		assert "is on this machine; rm is for objects in buckets" in operator.fails("rm", name, code=2)
	assert (operator.folder / "f").exists()


def test_makes_no_bucket(operator):
	assert "there is no such bucket" in operator.fails("rm", "private:x", env={"BUCKET_INTERNAL_PRIVATE": "none"})
	assert not (operator.ours / "none").exists()
