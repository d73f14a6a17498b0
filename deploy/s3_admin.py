"""Users, buckets and policies on the servers that s3-setup knows, over their own HTTP interfaces; no client program of theirs is
needed. A policy is a list of IAM statements (s3_policy.py makes them); MinIO keeps one a user, versitygw one a bucket."""

import datetime
import io
import json
import zipfile
from xml.sax.saxutils import escape

KINDS = ("minio", "versitygw")
ARN = "arn:aws:s3:::"


def make(kind, client, buckets, users):
	"""Makes what is missing, and puts the users' policies in force; what is there stays, an existing user gets the secret given.

	client   of the server's administrator (root)
	users    {name: {"secret": ..., "statements": [IAM statement...]}}
	"""
	for bucket in buckets:
		client.make_bucket(bucket)
	{"minio": make_on_minio, "versitygw": make_on_versitygw}[kind](client, buckets, users)


def document(statements):
	return {"Version": "2012-10-17", "Statement": statements}


def make_on_minio(client, _buckets, users):
	"""One archive with all users and their policies. The interface of `mc admin user add` wants bodies in an encryption of MinIO's
	own; this one takes them as they are, so it should go over TLS, as every secret should."""
	now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
	files = {
		"policies": {f"{name}-policy": document(user["statements"]) for name, user in users.items()},
		"users": {name: {"secretKey": user["secret"], "status": "enabled"} for name, user in users.items()},
		"user_mappings": {name: {"version": 0, "policy": f"{name}-policy", "updatedAt": now} for name in users},
	}
	archive = io.BytesIO()
	with zipfile.ZipFile(archive, "w") as out:
		for name, content in files.items():
			out.writestr(f"iam-assets/{name}.json", json.dumps(content))
	client.expect("making users and policies", "PUT", "/minio/admin/v3/import-iam", body=archive.getvalue())


def make_on_versitygw(client, buckets, users):
	"""Every bucket belongs to root, and its policy says what each user may do there. Roles: `user` can make no bucket of its own."""
	for name, user in users.items():
		fields = {"Access": name, "Secret": user["secret"], "Role": "user", "UserID": 0, "GroupID": 0, "ProjectID": 0}
		xml = "<Account>" + "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in fields.items()) + "</Account>"
		made = client.expect(f"making user {name}", "PATCH", "/create-user", body=xml.encode(), accept=("XAdminUserExists",))
		if made.status >= 300:
			xml = f"<MutableProps><Secret>{escape(user['secret'])}</Secret></MutableProps>"
			client.expect(f"changing user {name}", "PATCH", "/update-user", {"access": name}, body=xml.encode())
	for bucket in buckets:
		statements = bucket_statements(bucket, users)
		if statements:
			client.expect(f"setting the policy of {bucket}", "PUT", f"/{bucket}", {"policy": ""},
				body=json.dumps(document(statements)).encode())


def bucket_statements(bucket, users):
	"""The users' statements about one bucket, with the user named in each; those about a bucket and those about its objects apart,
	as versitygw wants them."""
	statements = []
	for name, user in users.items():
		for statement in user["statements"]:
			own = [resource for resource in statement["Resource"]
				if resource == ARN + bucket or resource.startswith(ARN + bucket + "/")]
			if own:
				statements.append({**statement, "Principal": {"AWS": [name]}, "Resource": own})
	return statements
