import type { RequestListener } from 'node:http';
import type { TokenCheck } from '../access/check-token.ts';
import type { Namespace } from '../entities/namespace.ts';
import type { Stores } from '../store/stores.ts';

/** The administration over HTTP: so far `GET /entities`, queues and subscriptions with their counts. */
export function serveAdministration(namespace: Namespace, stores: Stores, check: TokenCheck): RequestListener {
  return async (request, response) => {
    const json = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const checked = await check(request.headers.authorization ?? '', '');
    if ('refusal' in checked && !checked.refusal.startsWith('InvalidAudience'))
      return json(401, { error: checked.refusal });
    if (request.method !== 'GET' || request.url !== '/entities')
      return json(501, { error: 'The administration API is not supported by this server, but for GET /entities.' });
    const entities = [...namespace.list('queue'), ...namespace.list('subscription')].map(({ queue }) => ({
      path: queue.path,
      active: stores.messages.count(queue.id).active,
      deadLettered: queue.deadLetters === undefined ? 0 : stores.messages.count(queue.deadLetters.id).active,
    }));
    json(200, entities);
  };
}
