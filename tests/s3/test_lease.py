"""Locks on S3: one run at a time, whatever becomes of the other one."""

import json
import os
import signal
import subprocess
import threading
import time

import pytest

import fake_s3
import fault_proxy
from store_driver import Driver, Refused

KEY = "data/v1/x/run/_lock"
TTL = 5  # seconds; the shortest that the programs allow


@pytest.fixture
def holder(s3_server, bucket):
	"""A function that makes one more process that may ask for the lock."""
	made = []

	def make(**settings):
		made.append(Driver.of(s3_server, bucket, **{"lease_ttl_s": str(TTL), **settings}))
		return made[-1]

	yield make
	for driver in made:
		if driver.process.poll() is None:
			driver.process.send_signal(signal.SIGCONT)
			driver.close()


@pytest.fixture
def record(s3_server, bucket):
	"""A function that reads the lease's object, and one that writes it."""
	client = s3_server.client(s3_server.root_key, s3_server.root_secret)

	class Object:
		def read(self):
			return json.loads(client.get(bucket, KEY))

		def write(self, **changes):
			client.put(bucket, KEY, json.dumps({**self.read(), **changes}).encode())

	return Object()


def busy(driver, *words):
	with pytest.raises(Refused) as refused:
		driver.do(*words)
	assert refused.value.status == "busy", refused.value
	return refused.value.text


def test_one_holds_it(holder, record):
	first, second = holder(), holder()
	first.do("lock", KEY)
	first.do("check")
	began = time.monotonic()
	text = busy(second, "lock", KEY)  # at once: the other process can be seen to live
	assert time.monotonic() - began < 3
	assert f"process {first.process.pid} on " in text
	first.do("unlock")
	assert record.read()["released"] is True
	second.do("lock", KEY)
	assert record.read()["released"] is False


def test_it_is_renewed(holder, record):
	first = holder()
	first.do("lock", KEY)
	expires = record.read()["expires"]
	time.sleep(TTL + 2)
	first.do("check")
	assert record.read()["expires"] > expires


def test_a_dead_process_of_this_host_is_succeeded_at_once(holder):
	first, second = holder(), holder()
	first.do("lock", KEY)
	first.process.kill()
	first.process.wait()
	began = time.monotonic()
	second.do("lock", KEY)
	assert time.monotonic() - began < TTL - 1


def test_one_of_another_host_is_waited_for_until_its_end(holder, record):
	first, second = holder(), holder()
	first.do("lock", KEY)
	first.process.kill()
	first.process.wait()
	record.write(boot="another-machine", host="elsewhere")
	left = record.read()["expires"] - time.time()
	began = time.monotonic()
	second.do("lock", KEY)
	assert time.monotonic() - began >= left
	assert "waiting up to" in second.log() and "elsewhere" in second.log()


def test_one_of_another_host_that_renews_is_busy(holder, record):
	first, second = holder(), holder()
	first.do("lock", KEY)
	ended = threading.Event()

	def renew():
		while not ended.wait(1):
			record.write(boot="another-machine", expires=int(time.time()) + TTL)

	first.process.kill()
	first.process.wait()
	record.write(boot="another-machine")
	thread = threading.Thread(target=renew)
	thread.start()
	try:
		assert "holds this lease" in busy(second, "lock", KEY)
	finally:
		ended.set()
		thread.join()


def test_who_slept_too_long_changes_nothing_any_more(holder, record):
	first, second = holder(), holder()
	first.do("lock", KEY)
	first.process.send_signal(signal.SIGSTOP)
	record.write(boot="another-machine")  # so that it is not seen to live
	second.do("lock", KEY)
	first.process.send_signal(signal.SIGCONT)
	text = busy(first, "check")
	assert "could not be renewed in time" in text or "took over" in text
	time.sleep(TTL / 3 + 1)
	assert "took over" in busy(first, "check")
	first.do("unlock")  # and does not release what is not its own
	assert record.read()["released"] is False
	second.do("check")


def test_a_race_has_one_winner(holder):
	drivers = [holder() for _ in range(6)]
	for driver in drivers:
		driver.send("lock", KEY)
	answers = [driver._answer() for driver in drivers]
	assert sorted(answer.status for answer in answers) == ["busy"] * 5 + ["ok"]


def test_a_damaged_lease_is_an_error_that_says_what_to_do(s3_server, bucket, holder):
	s3_server.client(s3_server.root_key, s3_server.root_secret).put(bucket, KEY, b"{}")
	with pytest.raises(Refused) as refused:
		holder().do("lock", KEY)
	assert refused.value.status == "format" and "remove it" in refused.value.text


def test_lost_answers_are_no_lost_lease(s3_server, bucket):
	"""The server did it and the answer was lost: whoever holds it must see that it is the holder."""
	with fault_proxy.FaultProxy(s3_server.url, rate=0.3, seed=5, kinds=("lost answer",)) as proxy:
		for _ in range(4):
			driver = Driver.of(s3_server, bucket, endpoint=proxy.url, lease_ttl_s="20")
			driver.do("lock", KEY)
			driver.do("check")
			driver.do("unlock")
			driver.close()


def test_a_repeated_write_does_not_come_after_the_end_of_the_lease(s3_server, bucket, holder, record):
	"""Cut off from the server in the middle of a write, for longer than the lease: the write that is tried again when the way is free
	once more must not replace what the next run wrote."""
	with fault_proxy.FaultProxy(s3_server.url, rate=1, kinds=("SlowDown",), retry_after_s=TTL + 4) as proxy:
		proxy.disable()
		first, second = holder(endpoint=proxy.url), holder()
		first.do("lock", KEY)
		first.do("fence")
		first.put("data/x", b"first")
		proxy.enable()
		first.send("put", "data/x", first._file(b"late"), "always")
		time.sleep(0.5)
		record.write(boot="another-machine")  # so that it is not seen to live
		second.do("lock", KEY)
		second.put("data/x", b"second")
		proxy.disable()
		answer = first._answer()
	assert answer.status == "busy", answer
	assert second.get("data/x") == b"second"


@pytest.mark.parametrize("times", [1, 9])
def test_one_odd_refusal_is_not_taken_for_a_lack_of_conditions(times):
	"""A balancer may say 400 for reasons of its own. A server that does not know conditions says it again."""
	with fake_s3.Fake([fake_s3.Fault(f"PUT /bucket/{KEY}", (400, ""), times)]) as fake:
		with Driver(endpoint=fake.endpoint, bucket="bucket", access_key="a", secret_key="s") as driver:
			answer = driver.ask("lock", KEY)
			assert answer.status == "ok" if times == 1 else "refuses conditions" in driver.log()
			writes = [{name.lower() for name in headers} for line, headers, _ in fake.requests if line.startswith("PUT")]
			assert times > 1 or all(names & {"if-match", "if-none-match"} for names in writes)
			assert times > 1 or driver.log() == ""


class Sleeper(fake_s3.Handler):
	"""Its client falls asleep for longer than a lease lasts when it has asked who holds it."""

	def get(self, key):
		super().get(key)
		process, self.server.fake.sleeper = self.server.fake.sleeper, None
		if process is not None:
			process.send_signal(signal.SIGSTOP)
			threading.Timer(TTL + 1, process.send_signal, [signal.SIGCONT]).start()


def test_who_slept_between_asking_and_taking_asks_again(monkeypatch):
	monkeypatch.setattr(fake_s3, "Handler", Sleeper)
	with fake_s3.Fake() as fake, Driver(endpoint=fake.endpoint, bucket="bucket", access_key="a", secret_key="s", lease_ttl_s=str(TTL)) as driver:
		fake.sleeper = driver.process
		driver.do("lock", KEY)
		assert fake.sleeper is None
		assert json.loads(fake.objects[KEY].data)["expires"] > time.time()
		driver.do("check")
