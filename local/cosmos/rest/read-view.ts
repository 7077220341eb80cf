import type { Container } from '../container.ts';
import { badRequest, CosmosError } from '../errors.ts';
import { laggingView, primaryView, type View } from '../view.ts';
import { type CosmosRequest, header } from './request.ts';
import type { Service } from './service.ts';
import { sessionLsn } from './session-token.ts';

const stronger = ['strong', 'boundedstaleness', 'bounded staleness'];

/**
 * The view of a read: the primary's, unless lagging is switched on and no session token demands more.
 * @throws CosmosError 404/1002 when the token names a state that this server has not reached; 400 when the request asks
 * for more consistency than the account (Session) has.
 */
export function readView({ store, staleReads, now }: Service, { headers }: CosmosRequest, container: Container): View {
  const level = header(headers, 'x-ms-consistency-level');
  if (level !== undefined && stronger.includes(level.toLowerCase()))
    throw badRequest(
      `ConsistencyLevel ${level} specified in the request is invalid when service is configured with consistency level Session. Ensure the request consistency level is not stronger than the service consistency level.`,
    );
  const covered = sessionLsn(header(headers, 'x-ms-session-token'));
  if (covered > store.lsn(container))
    throw new CosmosError(404, 'The read session is not available for the input session token.', 1002);
  return staleReads === 0 ? primaryView(store, container) : laggingView(store, container, staleReads, now(), covered);
}
