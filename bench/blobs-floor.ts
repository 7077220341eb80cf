import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A process that answers every put and get of a blob with the same bytes: what client, SDK and HTTP cost by themselves.
 * Prints its port.
 */
const content = Buffer.from(process.argv[2] ?? '');
const headers = { etag: '"floor"', 'last-modified': new Date(0).toUTCString(), 'x-ms-version': '2026-10-06' };
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.method === 'PUT') response.writeHead(201, { ...headers, 'content-length': 0 }).end();
    else response.writeHead(200, { ...headers, 'content-length': content.length }).end(content);
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
