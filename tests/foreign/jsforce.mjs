// jsforce: queries and bulk jobs. The asserts are those of its own tests, which run on real orgs.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { Connection } = require("@jsforce/jsforce-node");

const org = process.env.FAKE_ORG_URL;
const part = (text) => Buffer.from(text).toString("base64url");
const claims = {
  iss: process.env.ORGTOKEN_CLIENT_ID,
  sub: process.env.ORGTOKEN_USERNAME,
  aud: org,
  exp: Math.floor(Date.now() / 1000) + 150,
};
const input = `${part('{"alg":"RS256"}')}.${part(JSON.stringify(claims))}`;
const key = fs.readFileSync(process.env.ORGTOKEN_PRIVATE_KEY_FILE);
const signature = crypto.createSign("RSA-SHA256").update(input).sign(key).toString("base64url");

const conn = new Connection({ loginUrl: org, version: "66.0" });
await conn.authorize({
  grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
  assertion: `${input}.${signature}`,
});
conn.bulk2.pollInterval = 20;
const load = (operation, records, more = {}) =>
  conn.bulk2.loadAndWaitForResults({ object: "Account", operation, input: records, ...more });

const records = Array.from({ length: 200 }, (_, i) => ({ Name: `Bulk ${i}`, NumberOfEmployees: i }));
const inserted = await load("insert", [...records, { BillingState: "CA" }]);
assert.equal(inserted.successfulResults.length, 200);
assert.ok(inserted.successfulResults.every((row) => row.sf__Created === "true"));
assert.deepEqual(
  inserted.failedResults.map((row) => [row.sf__Id, row.sf__Error]),
  [["", "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"]],
);
assert.equal(inserted.unprocessedRecords.length, 0);
console.log("jsforce: insert");

const nothing = await load("delete", []);
assert.deepEqual(Object.values(nothing), [[], [], []]);
console.log("jsforce: empty input");

const rows = await (await conn.bulk2.query("SELECT Id, Name FROM Account WHERE Name LIKE 'Bulk%'")).toArray();
assert.equal(rows.length, 200);
console.log("jsforce: query");

const bulk = { bulkThreshold: 0, bulkApiVersion: 2 };
const wanted = { Name: { $like: "Bulk%" } };
const updated = await conn
  .sobject("Account")
  .find(wanted, "Id, Name")
  .update({ Name: "${Name} (Updated)", BillingState: null }, bulk);
assert.equal(updated.filter((one) => one.success).length, 200);
const upserted = await load("upsert", [{ ExternalId__c: "j1", Name: "J" }], {
  externalIdFieldName: "ExternalId__c",
});
assert.equal(upserted.successfulResults[0].sf__Created, "true");
const destroyed = await conn.sobject("Account").find(wanted).destroy(bulk);
assert.equal(destroyed.filter((one) => one.success).length, 200);
console.log("jsforce: update, upsert, delete");

const job = conn.bulk2.createJob({ operation: "insert", object: "Account" });
await job.open();
await job.abort();
assert.equal((await job.check()).state, "Aborted");
await job.delete();
await assert.rejects(job.check(), { errorCode: "NOT_FOUND" });
await assert.rejects(conn.bulk2.query("SELECT COUNT() FROM Account"), { errorCode: "API_ERROR" });
console.log("jsforce: abort and refusals");

const groups = await conn.query("SELECT Industry, COUNT(Id) n FROM Account GROUP BY Industry ORDER BY Industry");
assert.deepEqual(groups.records.map((row) => [row.Industry, row.n]), [[null, 1], ["Aerospace", 1], ["Energy", 1]]);
const found = await conn.search("FIND {Globex} RETURNING Account(Name)");
assert.equal(found.searchRecords[0].Name, "Globex");
const account = await conn.sobject("Account").describe();
assert.ok(account.fields.every((field) => "relationshipOrder" in field));
const period = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
assert.equal((await conn.sobject("Account").deleted(...period)).deletedRecords.length, 200);
console.log("jsforce: groups, search, describe, deleted");
