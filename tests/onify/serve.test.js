// The blueprint and a process that uses it, against `orgtoken serve` and the fake org.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

import { blueprint, consumer, proxyConsumer } from './support/flow.js';
import { Hub } from './support/hub.js';
import { places } from './support/state.js';

// The programs of `cargo build`, or those of ORGTOKEN_PROGRAMS.
const PROGRAMS = process.env.ORGTOKEN_PROGRAMS ?? new URL('../../target/debug', import.meta.url).pathname;
const USER = 'user@acme.com';

test('an account is created with a token of the real service, and the key is in no state', async (t) => {
  const { org, service, key } = await start(t);
  const hub = new Hub({ settings: { _orgtoken_service_url: service.url } });
  const { output } = await hub.run(consumer, { name: 'ACME Corp' });
  assert.match(output.output.id, /^001/);
  const { output: { output: token } } = await hub.run(blueprint);
  assert.deepEqual(Object.keys(token).sort(), ['accessToken', 'apiVersion', 'instanceUrl']);
  assert.deepEqual([token.apiVersion, token.instanceUrl], ['v60.0', org.url]);

  const account = await fetch(`${org.url}/services/data/v60.0/sobjects/Account/${output.output.id}`, {
    headers: { authorization: `Bearer ${token.accessToken}` },
  });
  assert.equal((await account.json()).Name, 'ACME Corp');

  const meant = /\.output\.(output|org)\.accessToken$|\.content\.message\.output\.accessToken$/;
  const lines = key.split('\n').filter((line) => line && !line.startsWith('-----'));
  assert.ok(hub.states.length > 40);
  for (const state of hub.states) {
    // No line of the key, no assertion (a JWT), and no token outside the output.
    for (const secret of ['PRIVATE KEY', ...lines, 'eyJ']) assert.deepEqual(places(state, secret), []);
    assert.deepEqual(places(state, token.accessToken).filter((place) => !meant.test(place)), []);
  }
  assert.match(await service.metrics(), /^orgtoken_logins_total 1$/m, 'one login for both');
});

test('an account is created through the proxy, and no token is in any state', async (t) => {
  const { org, service } = await start(t, USER, {
    listen: '127.0.0.1:0=default',
    variables: { ORGTOKEN_ALLOW_METHODS: 'GET,POST', ORGTOKEN_ALLOW_PATHS: 'sobjects/Account' },
  });
  const hub = new Hub();
  const { output } = await hub.run(proxyConsumer, { name: 'ACME Corp', serviceUrl: service.url });
  assert.match(output.output.id, /^001/);
  // The service has no token to give. The org's tokens begin with the id of the org.
  const token = await fetch(`${service.url}/v1/token`, { method: 'POST', headers: { 'x-orgtoken-request': '1' } });
  assert.notEqual(token.status, 200);
  assert.ok(hub.states.length > 5);
  for (const state of hub.states) {
    for (const secret of ['PRIVATE KEY', 'Bearer', '00D', 'eyJ']) assert.deepEqual(places(state, secret), []);
  }
  assert.match(await service.metrics(), /^orgtoken_calls_total\{method="POST",status="201"\} 1$/m);
  assert.equal((await fetch(`${org.url}/services/data/`)).status, 200);
});

test('the proxy only reads data unless the profile allows more', async (t) => {
  const { service } = await start(t, USER, { listen: '127.0.0.1:0=default' });
  const input = { name: 'ACME Corp', serviceUrl: service.url };
  await assert.rejects(new Hub().run(proxyConsumer, input), /403/);
});

test('a refusal of the org reaches the status map with our hint', async (t) => {
  const { service } = await start(t, `${USER}=not-approved`);
  const hub = new Hub({ settings: { _orgtoken_service_url: service.url } });
  const { output, status } = await hub.run(blueprint);
  assert.equal(output.output, undefined);
  assert.equal(status.statuskey, 'stop');
  assert.equal(status.statuscode, 502);
  assert.match(status.statusmessage, /^invalid_grant: user hasn't approved this consumer\. Hint: \S/);
  await assert.rejects(hub.run(consumer, { name: 'ACME Corp' }));
});

test('a stopped service is reported as not responding', async (t) => {
  const { service } = await start(t);
  await service.end();
  const { status } = await new Hub({ settings: { _orgtoken_service_url: service.url } }).run(blueprint);
  assert.equal(status.statuscode, 503);
  assert.match(status.statusmessage, /ECONNREFUSED.*Hint: start `orgtoken serve`/);
});

test('the service uses a socket of systemd', async (t) => {
  const { folder, host } = await start(t);
  const socketPath = `${folder}/activated.sock`;
  const listening = createServer().listen(`${folder}/bound.sock`);
  await once(listening, 'listening');
  const arguments_ = ['serve', '--settings', `${folder}/salesforce.json`, '--allow-host', host, '--no-cache'];
  // As systemd does it: the socket is descriptor 3, and LISTEN_FDS is 1.
  const { says } = run(t, 'orgtoken', arguments_, 'stderr', listening._handle.fd);
  // The program alone uses the socket now. Node removes the file of a socket that it closes.
  fs.renameSync(`${folder}/bound.sock`, socketPath);
  listening.close();
  await says(/^listening on (the socket of the service manager)/);

  const headers = { 'x-orgtoken-request': '1' };
  const asked = request({ socketPath, path: '/v1/token', method: 'POST', headers }).end();
  const [response] = await once(asked, 'response');
  assert.equal(response.statusCode, 200);
  assert.match(JSON.parse(await text(response)).access_token, /^00D/);
});

/** An org, and a service that logs in to it with the record that Onify keeps. */
async function start(t, user = USER, { listen = '127.0.0.1:0', variables = {} } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgtoken-onify-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = (name) => path.join(folder, name);

  const org = run(t, 'orgtoken-fake-org', ['--new-key', file('app.key'), '--user', user], 'stdout');
  const url = await org.says(/^(http:\S+)/);
  const key = fs.readFileSync(file('app.key'), 'utf8');
  fs.writeFileSync(file('salesforce.json'), JSON.stringify({
    key: '_salesforce_api_settings',
    value: {
      Username: USER,
      ClientId: '3MVG9fake',
      PrivateKey: key,
      InstanceUrl: url,
      InstanceAPIVersion: 'v60.0',
    },
  }), { mode: 0o600 });

  const service = run(t, 'orgtoken', [
    'serve', '--settings', file('salesforce.json'), '--allow-host', new URL(url).host,
    '--listen', listen, '--open-loopback', '--no-cache',
  ], 'stderr', undefined, variables);
  const address = await service.says(/^listening on (http:\S+)/);
  return {
    folder,
    host: new URL(url).host,
    org: { url },
    key,
    service: {
      url: address,
      metrics: async () => (await fetch(`${address}/metrics`)).text(),
      end: service.end,
    },
  };
}

/** Starts a program of ours, which ends with the test; `socket` is a listening socket for it. */
function run(t, program, args, stream, socket, variables = {}) {
  // The variables of sd_listen_fds count only for the process that LISTEN_PID names.
  const shell = ['-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"'];
  const plain = [path.join(PROGRAMS, program), ...args];
  const [file, ...given] = socket === undefined ? plain : ['/bin/sh', ...shell, ...plain];
  const child = spawn(file, given, {
    env: { HOME: os.tmpdir(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe', ...(socket === undefined ? [] : [socket])],
  });
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill();
      await once(child, 'exit');
    }
  };
  t.after(end);
  const lines = createInterface({ input: child[stream] });
  const heard = [];
  lines.on('line', (line) => heard.push(line));
  return {
    end,
    /** The first group of a line, as soon as it is said. */
    async says(pattern) {
      for (;;) {
        const found = heard.map((line) => pattern.exec(line)).find(Boolean);
        if (found) return found[1];
        const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
        if (typeof line !== 'string') throw new Error(`${program} ended: ${heard.join('\n')}`);
      }
    },
  };
}
