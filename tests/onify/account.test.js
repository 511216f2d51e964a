// A process that starts the blueprint and creates an account with the token it gets.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { consumer, parsers } from './support/flow.js';
import { Hub } from './support/hub.js';
import { nobody, says, serve } from './support/server.js';
import { places } from './support/state.js';

const TOKEN = '00Dxx0000001gPL!AQwAQCanaryOfTheAccessToken';

for (const [name, expressions] of Object.entries(parsers)) {
  test(`an account is created (${name})`, async (t) => {
    const org = await serve(t, says(201, { id: '001xx000003DGb2AAG', success: true, errors: [] }));
    const service = await serve(t, says(200, answer(org)));
    const hub = new Hub({ settings: { _orgtoken_service_url: service.url }, expressions });
    const { output } = await hub.run(consumer, { name: 'ACME Corp' });

    assert.equal(output.output.id, '001xx000003DGb2AAG');
    const [{ method, url, headers, body }] = org.requests;
    assert.deepEqual([method, url], ['POST', '/services/data/v51.0/sobjects/Account']);
    assert.equal(headers.authorization, `Bearer ${TOKEN}`);
    assert.deepEqual(JSON.parse(body), { Name: 'ACME Corp' });
    // The token may be in the output of the blueprint and of this process only.
    const meant = /\.output\.(output|org)\.accessToken$|\.content\.message\.output\.accessToken$/;
    const found = hub.states.flatMap((state) => places(state, TOKEN));
    assert.deepEqual(found.filter((place) => !meant.test(place)), []);
  });
}

test('without a token, no account is created', async (t) => {
  const org = await serve(t, says(201, { id: '001xx000003DGb2AAG' }));
  const refused = says(400, { error: 'invalid_grant', error_description: 'expired' });
  for (const [row, url] of [
    ['refused', (await serve(t, refused)).url],
    ['token missing', (await serve(t, says(200, { ...answer(org), accessToken: undefined }))).url],
    ['service down', await nobody()],
  ]) {
    const hub = new Hub({ settings: { _orgtoken_service_url: url } });
    await assert.rejects(hub.run(consumer, { name: 'ACME Corp' }), row);
  }
  assert.deepEqual(org.requests, []);
});

function answer(org) {
  return { accessToken: TOKEN, apiVersion: 'v51.0', instanceUrl: org.url };
}
