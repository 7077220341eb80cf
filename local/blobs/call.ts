import type { Grant } from './access/grant.ts';
import type { DelegationKey } from './access/user-delegation.ts';
import { type ConditionKind, checkConditions } from './conditions.ts';
import { blobNotFound, containerNotFound } from './errors.ts';
import { checkLease } from './lease.ts';
import { type BlobRequest, guidHeader } from './request.ts';
import { checkRetention } from './retention.ts';
import type { BlobStore } from './state/blob-store.ts';
import type { BlobState, ContainerState } from './state/schema.ts';

/** One request with what it is answered from. */
export interface Call {
  readonly request: BlobRequest;
  readonly store: BlobStore;
  readonly grant: Grant;
  /** Names of the request's path; empty where it has none. */
  readonly container: string;
  readonly blob: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Days for which containers keep their blobs unchanged. */
  readonly immutableFor: Readonly<Record<string, number>>;
  /** The value of a user delegation key. */
  readonly delegationKey: (key: DelegationKey) => string;
  readonly newETag: () => string;
  readonly newId: () => string;
}

export interface BlobAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  /** XML, or the bytes of a blob. */
  readonly body?: string | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export function containerOf({ store, container }: Call): ContainerState {
  const state = store.container(container);
  if (state === undefined) throw containerNotFound(container);
  return state;
}

/** The blob that a request reads, after its conditions and lease. */
export function blobToRead(call: Call): BlobState {
  containerOf(call);
  const state = call.store.blob(call.container, call.blob);
  if (state === undefined) throw blobNotFound();
  checkConditions(call.request.headers, state, 'read');
  mindLease(call, state, false);
  return state;
}

/** The blob that a request changes, after its conditions, its lease and what keeps it from being changed. */
export function blobToChange(call: Call, change: 'overwrite' | 'delete'): BlobState {
  const state = blobBefore(call, 'write', change);
  if (state === undefined) throw blobNotFound();
  return state;
}

/** The same for a request that may also make the blob. */
export function blobBefore(
  call: Call,
  kind: Exclude<ConditionKind, 'read'>,
  change: 'overwrite' | 'delete' = 'overwrite',
): BlobState | undefined {
  containerOf(call);
  const state = call.store.blob(call.container, call.blob);
  checkConditions(call.request.headers, state, kind);
  mindLease(call, state, true);
  if (state !== undefined) checkRetention(state, call.immutableFor[call.container], change, call.now);
  return state;
}

export function mindLease(call: Call, state: BlobState | undefined, needed: boolean): void {
  checkLease(state?.lease, guidHeader(call.request, 'x-ms-lease-id'), { needed, resource: 'Blob', now: call.now });
}

/** What every answer about a container or blob says of it. */
export const stamp = ({ etag, modified }: { readonly etag: string; readonly modified: number }) => ({
  etag,
  'last-modified': new Date(modified).toUTCString(),
});
