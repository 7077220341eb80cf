import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type EntraTokenVerifier, entraTokenVerifier } from '../entra-token.ts';
import { listenOnBoth } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import type { LocalCertificate } from '../tls.ts';
import { authorize } from './access/authorize.ts';
import { delegationKeyValue } from './access/user-delegation.ts';
import type { BlobAnswer } from './call.ts';
import { BlobError } from './errors.ts';
import { createFront } from './front.ts';
import { perform } from './operations/table.ts';
import { readRequest } from './request.ts';
import { BlobStore } from './state/blob-store.ts';

export interface BlobsOptions extends ServerOptions {
  readonly account: string;
  /** Account key, base64. */
  readonly key: string;
  /** Endpoint of the identity server whose tokens are accepted beside the key; undefined: keys only. */
  readonly issuer?: string;
  /** Certificate for clients that speak TLS; the same port takes both. */
  readonly tls?: LocalCertificate;
  /** Containers whose blobs nobody changes, or deletes before so many days are over. */
  readonly immutableFor?: Readonly<Record<string, number>>;
  /** Milliseconds since 1970, for leases and policies. */
  readonly now?: () => number;
}

/** Starts blob storage: the REST interface of one account, its name in the path as storage emulators have it. */
export async function startBlobs(options: BlobsOptions): Promise<RunningServer> {
  const { log = () => {}, now = Date.now, issuer } = options;
  const store = new BlobStore(options.state, now());
  const verifyToken =
    issuer === undefined ? undefined : entraTokenVerifier({ issuer, audiences: ['https://storage.azure.com'] });
  const server = createFront((request) => answer(request, { ...options, store, verifyToken, clock: now }), log);
  const running = await listenOnBoth(server, options.port, options.tls);
  return {
    port: running.port,
    endpoint: `http://localhost:${running.port}/${options.account}`,
    async close() {
      await running.close();
      store.close();
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  given: BlobsOptions & {
    readonly store: BlobStore;
    readonly verifyToken: EntraTokenVerifier | undefined;
    readonly clock: () => number;
  },
): Promise<BlobAnswer> {
  const { store, verifyToken, clock } = given;
  const account = { name: given.account, key: given.key };
  const request = readRequest(incoming);
  if (request.account !== account.name)
    throw new BlobError(404, 'ResourceNotFound', `The path must begin with the account: /${account.name}/.`);
  const { container = '', blob = '' } = request;
  const policies = store.container(container)?.accessPolicies ?? [];
  const grant = await authorize(request, { account, policies, verifyToken, now: Date.now() });
  return perform({
    ...{ request, store, grant, container, blob },
    now: clock(),
    immutableFor: given.immutableFor ?? {},
    delegationKey: (key) => delegationKeyValue(key, account.key),
    newETag: () => `"0x8D${randomBytes(6).toString('hex').toUpperCase()}"`,
    newId: randomUUID,
  });
}
