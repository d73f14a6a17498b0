#!/usr/bin/env python3
"""Runs a command while versitygw serves a directory, in which a bucket is a directory and an object a file: so tests that look
at directories can have their servers work over S3 all the same (PRIO_TEST_GATEWAY, which tests/servers.py reads).

	tests/s3/with_gateway.py COMMAND [ARGUMENT]..."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import s3_servers


def main(command):
	memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
	directory = tempfile.mkdtemp(prefix="prio-gateway-", dir=memory)
	try:
		server = s3_servers.start("versitygw", directory)
		gateway = {"root": os.path.join(directory, "data"), "url": server.url, "access_key": server.root_key, "secret_key": server.root_secret}
		code = subprocess.run(command, env={**os.environ, "PRIO_TEST_GATEWAY": json.dumps(gateway)}, check=False).returncode
		server.kill()
	finally:
		shutil.rmtree(directory, ignore_errors=True)
	return code


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
