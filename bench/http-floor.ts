import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A process that answers every request with the same few bytes: what client and HTTP cost by themselves. Prints its port. */
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '11' }).end('{"ok":true}');
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
