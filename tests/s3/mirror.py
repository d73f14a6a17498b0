"""Directories that tests look at and change, and the buckets of an S3 server that keeps no plain files: what was changed in the
one is carried over to the other.

	mirror = Mirror(root, client)
	mirror.sync(["some-bucket"])  # root/some-bucket and the bucket hold the same, as far as nobody changed either meanwhile

A bucket is made when it is first named. What both changed since the last time is taken from the directory."""

import os
import threading

import s3_client


class Bucket:
	def __init__(self, name, directory, client):
		self.name, self.directory, self.client = name, directory, client
		self.known = {}  # by key: what both were when they were last the same, as (mark of the file, ETag)
		self.lock = threading.Lock()
		client.make_bucket(name)

	def path(self, key):
		return os.path.join(self.directory, key)

	@staticmethod
	def mark(path):
		found = os.stat(path)
		return found.st_ino, found.st_mtime_ns, found.st_size

	def files(self):
		paths = (os.path.join(folder, name) for folder, _, names in os.walk(self.directory) for name in names)
		return {os.path.relpath(path, self.directory): self.mark(path) for path in paths}

	def objects(self):
		etags, token = {}, {}
		while True:
			page = self.client.expect(f"listing {self.name}", "GET", f"/{self.name}", {"list-type": "2", **token}).body
			etags.update(zip(s3_client.text_of(page, "Key"), s3_client.text_of(page, "ETag"), strict=True))
			following = s3_client.text_of(page, "NextContinuationToken")
			if not following:
				return etags
			token = {"continuation-token": following[0]}

	def sync(self):
		with self.lock:
			files, objects = self.files(), self.objects()
			changed = {key for key in files.keys() | self.known.keys() if files.get(key) != self.known.get(key, (None, None))[0]}
			# Markers last, that of a batch before that of all: whoever sees one finds everything there.
			for key in sorted(changed, key=lambda key: (key.endswith("_SUCCESS"), -key.count("/"), key)):
				self.give(key, files.get(key))
			for key in sorted((objects.keys() | self.known.keys()) - changed):
				if objects.get(key) != self.known.get(key, (None, None))[1]:
					self.take(key, objects.get(key))

	def give(self, key, mark):
		if mark is None:
			self.client.delete(self.name, key)
			del self.known[key]
			return
		with open(self.path(key), "rb") as file:
			reply = self.client.expect(f"writing {self.name}/{key}", "PUT", f"/{self.name}/{key}", body=file.read())
		self.known[key] = mark, reply.headers["etag"]

	def take(self, key, etag):
		path = self.path(key)
		body = self.client.get(self.name, key) if etag is not None else None
		if body is not None:
			os.makedirs(os.path.dirname(path), exist_ok=True)
			with open(path, "wb") as file:
				file.write(body)
			self.known[key] = self.mark(path), etag
		elif self.known.pop(key, None) is not None:
			os.remove(path)
			folder = os.path.dirname(path)
			while folder != self.directory and not os.listdir(folder):
				os.rmdir(folder)
				folder = os.path.dirname(folder)


class Mirror:
	def __init__(self, root, client):
		self.root, self.client = root, client
		self.buckets = {}
		self.lock = threading.Lock()

	def sync(self, names):
		for name in sorted(names):
			with self.lock:
				bucket = self.buckets.get(name)
				if bucket is None:
					bucket = self.buckets[name] = Bucket(name, os.path.join(self.root, name), self.client)
			bucket.sync()
