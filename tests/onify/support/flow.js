// Runs one process as Onify Flow does: bpmn-engine with Onify's extensions and sandboxed scripts.

import fs from 'node:fs';
import { createRequire } from 'node:module';

import * as aircall from '@aircall/expression-parser';
import { extendFn, extensions, OnifySequenceFlow } from '@onify/flow-extensions';
import { FlowScripts } from '@onify/flow-extensions/FlowScripts';
import { Engine } from 'bpmn-engine';
import jwt from 'jsonwebtoken';

const require = createRequire(import.meta.url);
export const camunda = require('camunda-bpmn-moddle/resources/camunda.json');

/** The blueprint that `orgtoken blueprint` prints, a consumer of our own, and one of the proxy. */
export const blueprint = {
  id: 'salesforce-generate-access-token',
  source: read('../../../crates/cli/assets/salesforce-generate-access-token.bpmn'),
};
export const consumer = { id: 'create-account', source: read('../create-account.bpmn') };
export const proxyConsumer = {
  id: 'create-account-by-proxy',
  source: read('../create-account-by-proxy.bpmn'),
};

/** Each of the two expression parsers that versions of Onify Flow come with. */
export const parsers = { 'the engine’s parser': undefined, 'Onify’s parser': aircall };

/**
 * Runs a process to its end.
 *
 * Returns what the process gives back (`output`), how it says it ended (`status`) and `states`:
 * the state that would be saved after each event of it, as JSON.
 */
export async function run({ id, source }, { services, input, expressions, onStart = () => {} }) {
  const states = [];
  let status;
  const engine = new Engine({
    name: id,
    source,
    moddleOptions: { camunda },
    elements: { SequenceFlow: OnifySequenceFlow },
    extensions: { onify: extensions },
    extendFn,
    settings: { processId: id },
    variables: { input },
    scripts: new FlowScripts(id, '.', { jwt, console }),
    services,
    ...(expressions && { expressions }),
  });

  engine.broker.subscribeTmp('event', '#', (_, { content }) => {
    status = content.input?.status ?? status;
    if (engine.execution) states.push(JSON.stringify(engine.execution.getState()));
  }, { noAck: true });

  const execution = await new Promise((resolve, reject) => {
    const ended = (error, execution) => (error ? reject(error) : resolve(execution));
    engine.execute(ended).then(onStart);
  });
  states.push(JSON.stringify(execution.getState()));
  // A copy as it would be read back: the objects of scripts have other prototypes than ours.
  const output = JSON.parse(JSON.stringify(execution.environment.output));
  return { output, status, states };
}

function read(path) {
  return fs.readFileSync(new URL(path, import.meta.url), 'utf8');
}
