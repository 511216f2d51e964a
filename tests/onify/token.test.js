// The blueprint alone, beside a stand-in for the token service.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { blueprint, parsers } from './support/flow.js';
import { Hub } from './support/hub.js';
import { nobody, says, serve } from './support/server.js';
import { places } from './support/state.js';

const TOKEN = '00Dxx0000001gPL!AQwAQCanaryOfTheAccessToken';
const ANSWER = { accessToken: TOKEN, apiVersion: 'v51.0', instanceUrl: 'https://acme.my.salesforce.com' };

for (const [name, expressions] of Object.entries(parsers)) {
  test(`the output has the format of the original (${name})`, async (t) => {
    const service = await serve(t, says(200, { ...ANSWER, expires_at: 'not for the process' }));
    const hub = new Hub({ settings: { _orgtoken_service_url: `${service.url}/` }, expressions });
    const { output, status } = await hub.run(blueprint);

    assert.deepEqual(output.output, ANSWER);
    assert.equal(status, undefined);
    const [{ method, url, headers, body }] = service.requests;
    assert.deepEqual([method, url, body], ['POST', '/onify/access-token', '{}']);
    assert.equal(headers['x-orgtoken-request'], '1');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers.authorization, undefined);
  });

  test(`every failure reaches the status map (${name})`, async (t) => {
    for (const [row, answer, statuscode, statusmessage] of [
      [
        'refused', says(403, {
          error: 'invalid_grant',
          error_description: 'user hasn’t approved this consumer',
          hint: 'pre-authorize the user',
        }),
        403, /^invalid_grant: user hasn’t approved this consumer\. Hint: pre-authorize the user$/,
      ],
      ['refused without advice', says(400, { error: 'invalid_client' }), 400, /^invalid_client$/],
      ['unavailable', says(503, 'busy'), 503, /^the token service gave no reason\. Hint: /],
      ['HTML', says(200, '<html>Log in</html>'), 502, /no access token\. Hint: /],
      ['broken JSON', says(200, `{"accessToken":"${TOKEN}`), 502, /no access token\. Hint: /],
      ['token missing', says(200, { ...ANSWER, accessToken: undefined }), 502, /no access token/],
      ['token empty', says(200, { ...ANSWER, accessToken: '' }), 502, /no access token/],
      ['no object', says(200, 'null'), 502, /no access token/],
      ['redirect', (response) => response.writeHead(307, { location: '/elsewhere' }).end(), 307, /no reason/],
      ['connection dropped', (response) => response.destroy(), 503, /^no response from .*: socket hang up\. Hint: start `orgtoken serve`/],
      ['silent', () => {}, 503, /^no response from .*Timeout awaiting 'request'.*Hint: start `orgtoken serve`/],
    ]) {
      const service = await serve(t, answer);
      const settings = { _orgtoken_service_url: service.url };
      const hub = new Hub({ settings, expressions, timeout: row === 'silent' ? 100 : 5000 });
      const { output, status, states } = await hub.run(blueprint);

      assert.equal(output.output, undefined, row);
      assert.deepEqual({ ...status, statusmessage: '' }, { error: true, statuskey: 'stop', statuscode, statusmessage: '' }, row);
      assert.match(status.statusmessage, statusmessage, row);
      assert.equal(service.requests.length, 1, row);
      for (const state of states) assert.deepEqual(places(state, TOKEN), [], row);
    }
  });

  test(`service down (${name})`, async () => {
    const url = await nobody();
    const { status } = await new Hub({ settings: { _orgtoken_service_url: url }, expressions }).run(blueprint);
    assert.equal(status.statuscode, 503);
    assert.match(status.statusmessage, /^no response from the token service at .*ECONNREFUSED.*Hint: start `orgtoken serve`/);
  });

  test(`the setting cannot be read (${name})`, async () => {
    for (const [row, value, message] of [
      ['no address', 'acme', /is not a URL\. Hint: /],
      ['with a path', 'http://127.0.0.1:7523/v1', /is not a URL/],
      ['another scheme', 'file:///etc/passwd', /is not a URL/],
      ['credentials', 'http://a:b@127.0.0.1:7523', /is not a URL/],
      ['an error', new Error('broken'), /^Hub answered 500 when asked for the setting/],
    ]) {
      const hub = new Hub({ settings: { _orgtoken_service_url: value }, expressions });
      const { output, status } = await hub.run(blueprint);
      assert.equal(output.output, undefined, row);
      assert.equal(status.statuscode, 500, row);
      assert.match(status.statusmessage, message, row);
    }
  });
}

test('without the setting the service on this machine is used', async () => {
  const hub = new Hub();
  const { output } = await hub.run(blueprint);
  assert.equal(output.serviceUrl, 'http://127.0.0.1:7523');
});

test('the caller chooses the profile', async (t) => {
  const service = await serve(t, says(200, ANSWER));
  const hub = new Hub({ settings: { _orgtoken_service_url: service.url } });
  await hub.run(blueprint, { profile: 'sandbox' });
  assert.equal(service.requests[0].body, '{"profile":"sandbox"}');
});

test('no saved state contains the token, except in the output', async (t) => {
  const service = await serve(t, says(200, { ...ANSWER, note: 'canary of the answer' }));
  const hub = new Hub({ settings: { _orgtoken_service_url: service.url } });
  await hub.run(blueprint);

  assert.ok(hub.states.length > 20);
  const found = hub.states.flatMap((state) => places(state, TOKEN));
  assert.ok(found.length > 0);
  assert.deepEqual(found.filter((place) => !place.endsWith('.output.output.accessToken')), []);
  assert.deepEqual(hub.states.flatMap((state) => places(state, 'canary of the answer')), []);
});
