import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A process that answers every item request of a Cosmos DB client with the same bytes: what client, SDK and HTTP cost by
 * themselves. Prints its port.
 */
const item = process.argv[2] ?? '{}';
const headers = {
  'content-type': 'application/json',
  etag: '"floor"',
  'x-ms-request-charge': '1',
  'x-ms-session-token': '0:-1#1',
  'x-ms-alt-content-path': 'dbs/bench/colls/items',
  'x-ms-content-path': 'AAAAAYAAAAE=',
};
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const path = request.url ?? '/';
    const status = request.method === 'POST' ? 201 : 200;
    response.writeHead(status, headers);
    if (path === '/') response.end(JSON.stringify(account()));
    else if (/\/colls\/[^/]+$/.test(path)) response.end('{"id":"items","partitionKey":{"paths":["/partition"]}}');
    else response.end(item);
  });
});
server.listen(0, '127.0.0.1', () => console.log(port()));

function port(): number {
  return (server.address() as AddressInfo).port;
}

function account(): object {
  const location = { name: 'Floor', databaseAccountEndpoint: `http://localhost:${port()}/` };
  return {
    writableLocations: [location],
    readableLocations: [location],
    userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
  };
}
