import type { KeyObject } from 'node:crypto';
import type { EntraTokenVerifier } from '../../entra-token.ts';
import { CosmosError } from '../errors.ts';
import { type CosmosRequest, header } from '../rest/request.ts';
import { signedWithKey } from './master-key.ts';

const maximumSkew = 15 * 60_000;

export interface Authority {
  readonly key: KeyObject;
  /** Undefined: no identity provider is known, so only the key opens the account. */
  readonly verifyToken: EntraTokenVerifier | undefined;
  readonly now: () => number;
}

/**
 * Lets a request pass that carries the key's signature or a valid Entra token.
 * @throws CosmosError 401; 403 with sub-status 5300 for what tokens may not do in the service either (databases,
 * containers and throughput are managed through Azure Resource Manager then).
 */
export async function authorize(request: CosmosRequest, { key, verifyToken, now }: Authority): Promise<void> {
  const { type, signature } = readAuthorization(header(request.headers, 'authorization'));
  if (type === 'aad') {
    if (verifyToken === undefined)
      throw unauthorized('This local account was started without an identity provider, so it takes its key only.');
    await verifyToken(signature).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : 'unknown';
      throw unauthorized(`The Entra token is not valid for this account: ${reason}`);
    });
    if (managesResources(request))
      throw new CosmosError(
        403,
        'Request blocked by Auth: the given request cannot be authorized by AAD token in data plane.',
        5300,
      );
    return;
  }
  const date = header(request.headers, 'x-ms-date') ?? header(request.headers, 'date') ?? '';
  const skew = Math.abs(Date.parse(date) - now());
  if (!(skew <= maximumSkew))
    throw unauthorized(
      'The authorization token is not valid at the current time: x-ms-date is missing, malformed or more than 15 minutes off.',
    );
  if (type !== 'master' || !signedWithKey(request, { signature, date }, key))
    throw unauthorized(
      "The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol.",
    );
}

function readAuthorization(value: string | undefined): { type: string; signature: string } {
  const parts = /^type=(\w+)&ver=[\d.]+&sig=(.+)$/.exec(decode(value ?? ''));
  if (parts === null)
    throw unauthorized('Required Header authorization is missing. Ensure a valid Authorization token is passed.');
  return { type: parts[1] ?? '', signature: parts[2] ?? '' };
}

const unauthorized = (message: string): CosmosError => new CosmosError(401, message);

/** Writes to databases, containers, scripts and offers. */
function managesResources({ method, segments }: CosmosRequest): boolean {
  if (segments[0] === 'offers') return true;
  const deep = segments.length > 4 && !['sprocs', 'triggers', 'udfs'].includes(segments[4] ?? '');
  return method !== 'GET' && !deep && !(segments[4] === 'sprocs' && segments.length === 6 && method === 'POST');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
