#!/usr/bin/env python3
"""Runs a command whose servers are to work over S3, though its tests look at directories and write into them (PRIO_TEST_GATEWAY,
which tests/servers.py reads): versitygw serves a directory, in which a bucket is a directory and an object a file; for MinIO,
which keeps no plain files, tests/servers.py carries changes over (mirror.py).

	tests/s3/with_gateway.py versitygw|minio COMMAND [ARGUMENT]..."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import s3_servers


def main(kind, command):
	memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
	directory = tempfile.mkdtemp(prefix="prio-gateway-", dir=memory)
	try:
		server = s3_servers.start(kind, os.path.join(directory, "server"))
		is_mirrored = kind != "versitygw"
		root = os.path.join(directory, "mirror" if is_mirrored else "server/data")
		os.makedirs(root, exist_ok=True)
		gateway = {"root": root, "url": server.url, "access_key": server.root_key, "secret_key": server.root_secret, "is_mirrored": is_mirrored}
		code = subprocess.run(command, env={**os.environ, "PRIO_TEST_GATEWAY": json.dumps(gateway)}, check=False).returncode
		server.kill()
	finally:
		shutil.rmtree(directory, ignore_errors=True)
	return code


if __name__ == "__main__":
	if len(sys.argv) < 3 or sys.argv[1] not in s3_servers.KINDS:
		sys.exit(__doc__.rsplit("\n", 1)[-1].strip())
	sys.exit(main(sys.argv[1], sys.argv[2:]))
