// jsforce through the proxy, with the bearer token as the access token.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { Connection } = require("@jsforce/jsforce-node");

const conn = new Connection({
  instanceUrl: process.env.SF_INSTANCE,
  accessToken: process.env.AGENT_BEARER,
  version: "60.0",
});
const accounts = await conn.query("SELECT Id, Name FROM Account ORDER BY Name");
assert.equal(accounts.totalSize, 2);
const [{ Id, Name }] = accounts.records;
assert.equal((await conn.sobject("Account").retrieve(Id)).Name, Name);
assert.equal((await conn.search("FIND {Globex} RETURNING Account(Name)")).searchRecords[0].Name, "Globex");
assert.ok((await conn.sobject("Account").describe()).fields.length > 0);
await assert.rejects(conn.sobject("Account").create({ Name: "Acme" }), /gate\.call|403/);
await assert.rejects(conn.tooling.executeAnonymous("x"), /gate\.call|403/);
console.log("jsforce: query, retrieve, search, describe; no changes");
