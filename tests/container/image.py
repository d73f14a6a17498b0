"""What prio:prod is: its size, its user, its labels, its bill of materials, what it can do with nothing allowed."""

import json
import os
import re

from engine import DEV, HARDENED, PROD, TOP, docker, inspect, run

MAX_ADDED_BYTES = 60_000_000
BARE = (*HARDENED, "--network=none")


def test(checks):
	image = inspect("image", PROD)
	config, labels = image["Config"], image["Config"]["Labels"]
	version = re.search(r"^project\(prio-processor VERSION ([0-9.]+)", open(os.path.join(TOP, "CMakeLists.txt"), encoding="utf-8").read(), re.M)[1]

	checks.section("the image")
	added = image["Size"] - inspect("image", labels["org.opencontainers.image.base.name"])["Size"]
	print(f"  {added / 1e6:.1f} MB above the base")
	checks.that("size", 0 < added < MAX_ADDED_BYTES, f"{added} bytes above the base")
	checks.equal("user", config["User"], "10001:10001")
	checks.that("entry point", not config["Entrypoint"], config["Entrypoint"])
	checks.equal("command", config["Cmd"], ["processor/bin/process"])
	checks.equal("folder", config["WorkingDir"], "/app")
	checks.equal("health check", config["Healthcheck"]["Test"], ["CMD", "/usr/local/bin/prio-health"])
	for name in ("title", "description", "licenses", "version", "revision", "created", "base.name"):
		value = labels.get(f"org.opencontainers.image.{name}", "")
		checks.that(f"label {name}", value not in ("", "unknown"), value)
	checks.equal("label version", labels["org.opencontainers.image.version"], version)

	checks.section("what it holds")
	listed = run(PROD, "sh", "-c", "for f in /app/bin/* /app/processor/bin/*; do [ -x $f ] && echo $f; done; ls /app/processor/config /app/config; "
		"find /usr/local -type f; find / -xdev -perm /6000 -type f 2>/dev/null; find / -xdev -user 10001 ! -path '/proc/*' 2>/dev/null; true",
		options=BARE).stdout.split()
	for name in ("process", "generate", "insert", "cleanup"):
		checks.that(f"bin/{name}", f"/app/bin/{name}" in listed and f"/app/processor/bin/{name}" in listed, listed)
	checks.that("config/content.json", listed.count("content.json") == 2, listed)
	checks.equal("under /usr/local, and nothing that is set-uid or the user's own to change",
		sorted(re.sub(r"(\.so)\..*", r"\1", name) for name in listed if name.startswith("/") and not name.startswith("/app/")),
		["/usr/local/bin/prio", "/usr/local/bin/prio-health", "/usr/local/bin/prio-processor", "/usr/local/lib/libprio.so"])
	forbidden = run(PROD, "sh", "-c", "command -v cc gcc clang make cmake git python3 perl5 curl", options=BARE).stdout
	checks.that("no tools of a developer", not forbidden, forbidden)

	checks.section("its bill of materials")
	text = run(PROD, "cat", "/usr/share/prio-processor/sbom.spdx.json", options=BARE).stdout
	sbom = json.loads(text)
	with open(os.path.join(TOP, "build/image/sbom.spdx.json"), encoding="utf-8") as file:
		checks.equal("the same beside the build", file.read(), text)
	installed = dict(line.split("=", 1) for line in run(PROD, "dpkg-query", "--show", "--showformat", "${Package}=${Version}\n", options=BARE).stdout.split())
	packages = {package["name"]: package["versionInfo"] for package in sbom["packages"]}
	checks.equal("ours in it", packages.pop("prio-processor", None), version)
	checks.equal("Debian's packages in it", packages, installed)
	checks.equal("its form", (sbom["spdxVersion"], sbom["dataLicense"], sbom["SPDXID"]), ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
	ids = {entry["SPDXID"] for entry in sbom["packages"] + sbom["files"]} | {"SPDXRef-DOCUMENT"}
	loose = [link for link in sbom["relationships"] if not {link["spdxElementId"], link["relatedSpdxElement"]} <= ids]
	checks.that("its links", len(ids) == len(sbom["packages"]) + len(sbom["files"]) + 1 and not loose, loose)
	sums = run(PROD, "sha256sum", "/usr/local/bin/prio", "/usr/local/bin/prio-processor", options=BARE).stdout.split()[::2]
	checks.equal("its checksums", [file["checksums"][0]["checksumValue"] for file in sbom["files"]], sums)

	checks.section("with nothing allowed")
	status = run(PROD, "cat", "/proc/1/status", options=BARE).stdout
	checks.equal("capabilities", {line.split()[1] for line in status.splitlines() if line.startswith(("CapPrm", "CapEff", "CapBnd", "CapInh"))}, {"0" * 16})
	checks.that("user at run time", "Uid:\t10001\t10001\t10001\t10001" in status, status)
	checks.that("no new privileges", "NoNewPrivs:\t1" in status, status)
	denied = run(PROD, "sh", "-c", "touch /app/x /tmp/x /usr/local/bin/prio", options=BARE)
	checks.that("read-only root", denied.returncode != 0 and denied.stderr.count("Read-only file system") == 2, denied.stderr)
	said = run(PROD, "prio", "--version", options=BARE)
	checks.that("prio --version", said.returncode == 0 and f"prio {version}" in said.stdout, said)
	for command in ("process", "generate", "cleanup", "ls", "cp", "cat", "rm"):
		said = run(PROD, "prio-processor", command, "--help", options=BARE)
		checks.that(f"prio-processor {command}", said.returncode == 0 and command in said.stdout, said)
	made = json.loads(run(PROD, "prio", "keygen", options=BARE).stdout)
	checks.that("prio keygen", re.fullmatch("[0-9A-F]{64}", made["private_key"]) and re.fullmatch("[0-9A-F]{64}", made["public_key"]), "")
	said = run(PROD, options=BARE)
	checks.that("without settings: usage, by name", said.returncode == 2 and "PRIVATE_KEY_HEX" in said.stderr, said)
	said = run(PROD, "bin/insert", options=BARE)
	checks.that("bin/insert says when it comes", said.returncode == 1 and "reporting part" in said.stderr, said)

	checks.section("prio:dev")
	config = inspect("image", DEV)["Config"]
	checks.equal("its command runs the tests", config["Cmd"][0], "scripts/run-suites")
	checks.equal("its user", config["User"], "10001:10001")
	said = run(DEV, "sh", "-c", "cmake --preset release >/dev/null && cmake --build --preset release --target test_base64 check_prg "
		"&& ctest --test-dir build -R '^(test_base64|check_prg)$'", options=("--network=none",), timeout=300)
	checks.that("it builds and runs tests", said.returncode == 0 and "100% tests passed, 0 tests failed out of 2" in said.stdout, said)
	leaked = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", DEV).stdout
	checks.that("no authorities in its history", "BEGIN CERTIFICATE" not in leaked, leaked)
