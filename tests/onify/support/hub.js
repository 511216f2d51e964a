// The parts of Onify Hub that the two processes need: settings, connectors, and the start of one
// process by another.

import got from 'got';

import { blueprint, run } from './flow.js';

export class Hub {
  /** Every state that any process of this Hub would have saved. */
  states = [];

  constructor({ settings = {}, expressions, timeout } = {}) {
    this.settings = settings;
    this.expressions = expressions;
    this.timeout = timeout;
  }

  /** Runs a process, and keeps the states of it and of those it starts. */
  async run(process, input) {
    let execution;
    const ended = await run(process, {
      services: this.#connectors((id, message) => {
        execution.getPostponed().find((waiting) => waiting.id === id).signal(message);
      }),
      input,
      expressions: this.expressions,
      onStart: (started) => { execution = started; },
    });
    this.states.push(...ended.states);
    return ended;
  }

  #connectors(signal) {
    return {
      httpRequest: (input, _, callback) => this.#httpRequest(input, callback),
      onifyElevatedApiRequest: (input, message, callback) => {
        const response = this.#api(input, message, signal);
        if (response.statusCode >= 400 && input.throwHttpErrors !== false) {
          return callback(new Error(`Response code ${response.statusCode}`));
        }
        return callback(null, response);
      },
    };
  }

  async #httpRequest(input, callback) {
    // Tests use a shorter timeout than processes.
    const timeout = this.timeout ? { request: this.timeout } : input.timeout;
    try {
      const { statusCode, statusMessage, headers, body } = await got({ ...input, timeout });
      callback(null, { statusCode, statusMessage, headers, body });
    } catch (error) {
      callback(error);
    }
  }

  #api({ url, method = 'GET', payload }, message, signal) {
    const [, key] = /^\/my\/config\/settings\/(.+)$/.exec(url) ?? [];
    if (method === 'GET' && key) return this.#setting(key);

    const [, id] = /^\/admin\/processes\/start\/(.+)$/.exec(url) ?? [];
    if (method === 'POST' && id === blueprint.id) {
      this.#start(message.content.properties.alert_stateid, payload, signal);
      return answer(200, { id });
    }
    return answer(404, { message: 'Not found' });
  }

  #setting(key) {
    const value = this.settings[key];
    if (value instanceof Error) return answer(500, { message: value.message });
    return value === undefined ? answer(404, { message: 'Not found' }) : answer(200, { key, value });
  }

  /** When the started process ends, the activity that waits for it is signalled with its output. */
  #start(waiting, payload, signal) {
    this.run(blueprint, payload.input).then(({ output }) => signal(waiting, { output: output.output }));
  }
}

function answer(statusCode, body) {
  return { statusCode, headers: {}, payload: body, body };
}
