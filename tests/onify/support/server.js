// A small HTTP server that answers as a test defines, and records the requests.

import { createServer } from 'node:http';
import { once } from 'node:events';

export async function serve(t, answer) {
  const requests = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    requests.push({ method, url, headers, body });
    await answer(response, { method, url, headers, body });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, requests };
}

/** An answer with this status and this body, as JSON unless it is text. */
export function says(status, body) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (response) => response.writeHead(status).end(text);
}

/** The address of a port where nobody listens any more. */
export async function nobody() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
