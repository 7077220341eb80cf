import type { IncomingHttpHeaders } from 'node:http';
import type { Container } from '../container.ts';
import { CosmosError } from '../errors.ts';
import { laggingView, primaryView, type View } from '../view.ts';
import { header } from './request.ts';
import type { Service } from './service.ts';

/** `<range>:<version>#<lsn>`: one range, one version. */
export const sessionToken = (lsn: number): string => `0:-1#${lsn}`;

/** The highest lsn that a session token names. */
const sessionLsn = (token: string | undefined): number =>
  Math.max(0, ...(token?.match(/#(\d+)/g) ?? []).map((part) => Number(part.slice(1))));

/**
 * The view of a read: the primary's, unless lagging is switched on and no session token demands more.
 * @throws CosmosError 404/1002 when the token names a state that this server has not reached.
 */
export function viewOf({ store, staleReads, now }: Service, container: Container, headers: IncomingHttpHeaders): View {
  const covered = sessionLsn(header(headers, 'x-ms-session-token'));
  if (covered > store.lsn(container))
    throw new CosmosError(404, 'The read session is not available for the input session token.', 1002);
  return staleReads === 0 ? primaryView(store, container) : laggingView(store, container, staleReads, now(), covered);
}
