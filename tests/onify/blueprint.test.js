// The blueprint as a file: modelers, linters and Onify's own validator accept it.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { BpmnModdle } from 'bpmn-moddle';
import { Linter } from 'bpmnlint';
import NodeResolver from 'bpmnlint/lib/resolver/node-resolver.js';

import { blueprint, camunda, consumer, proxyConsumer } from './support/flow.js';

const require = createRequire(import.meta.url);
const FlowValidator = require('@onify/flow-validator');

for (const { id, source } of [blueprint, consumer, proxyConsumer]) {
  test(`${id}: bpmn-moddle reads it without a warning`, async () => {
    const { warnings } = await moddle(source);
    assert.deepEqual(warnings, []);
  });

  test(`${id}: bpmnlint reports nothing, for Camunda 7 either`, async () => {
    const { rootElement } = await moddle(source);
    const linter = new Linter({ resolver: new NodeResolver() });
    assert.deepEqual(await linter.lint(rootElement, LINT), {});
  });

  test(`${id}: Onify’s validator reports nothing`, async () => {
    const validator = FlowValidator(source);
    const { warnings } = await validator.validate();
    assert.deepEqual(warnings, []);
    assert.deepEqual(await validator.lint({ rules: { 'no-console': 2 } }), []);
  });

  test(`${id}: every element is in the diagram`, async () => {
    const { rootElement } = await moddle(source);
    const [process] = rootElement.rootElements;
    const drawn = new Set(rootElement.diagrams[0].plane.planeElement.map((di) => di.bpmnElement.id));
    const elements = [...process.flowElements, ...(process.artifacts ?? [])].map(({ id }) => id);
    assert.deepEqual(elements.filter((id) => !drawn.has(id)), []);
    assert.equal(drawn.size, elements.length);
  });
}

test('it replaces the original: the same process id, for Camunda 7', async () => {
  const { rootElement } = await moddle(blueprint.source);
  const [process] = rootElement.rootElements;
  assert.equal(process.id, 'salesforce-generate-access-token');
  assert.equal(process.isExecutable, true);
  assert.equal(process.get('camunda:historyTimeToLive'), '180');
  assert.match(blueprint.source, /modeler:executionPlatform="Camunda Platform"/);
});

const LINT = { extends: ['bpmnlint:recommended', 'plugin:camunda-compat/camunda-platform-7-23'] };

function moddle(source) {
  return new BpmnModdle({ camunda }).fromXML(source);
}
