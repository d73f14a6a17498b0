"""The policies in policies/: what each role may do, as IAM documents with ${INGEST}, ${PRIVATE} and ${SHARED} in the place of
one side's buckets."""

import json
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "policies")
ROLES = sorted(name[:-len(".json")] for name in os.listdir(FOLDER) if name.endswith(".json"))


def statements(role, ingest, private, shared):
	"""The statements of a role about these buckets."""
	with open(os.path.join(FOLDER, role + ".json"), encoding="utf-8") as file:
		text = file.read()
	for name, bucket in (("INGEST", ingest), ("PRIVATE", private), ("SHARED", shared)):
		text = text.replace("${" + name + "}", bucket)
	return json.loads(text)["Statement"]
