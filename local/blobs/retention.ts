import { BlobError } from './errors.ts';

/** What keeps a blob from being changed (https://learn.microsoft.com/azure/storage/blobs/immutable-storage-overview). */
export interface Retention {
  /** The blob's own policy. */
  readonly policy?: { readonly until: number; readonly locked: boolean } | undefined;
  readonly legalHold?: boolean | undefined;
  readonly created: number;
}

const dayInMilliseconds = 24 * 3600_000;
const refuse = (message: string): BlobError => new BlobError(409, 'BlobImmutableDueToPolicy', message);

/**
 * Whether a blob may be changed or deleted. Once a container's retention time has gone by it may be deleted, never changed.
 * @param days for which the container's policy keeps each of its blobs from its creation on; undefined: there is none.
 * @throws BlobError 409.
 */
export function checkRetention(
  blob: Retention,
  days: number | undefined,
  change: 'overwrite' | 'delete',
  now: number,
): void {
  if (blob.legalHold === true) throw refuse('This operation is not permitted as the blob is under a legal hold.');
  const kept = blob.policy !== undefined && blob.policy.until > now;
  const keptByContainer =
    days !== undefined && (change === 'overwrite' || blob.created + days * dayInMilliseconds > now);
  if (kept || keptByContainer)
    throw refuse('This operation is not permitted as the blob is immutable due to a policy.');
}

/** A policy in place of another: a locked one is only ever made longer. @throws BlobError 409. */
export function replacePolicy(
  current: Retention['policy'],
  wanted: { readonly until: number; readonly locked: boolean },
): { readonly until: number; readonly locked: boolean } {
  if (current?.locked === true && (!wanted.locked || wanted.until < current.until))
    throw refuse('A locked immutability policy can be made longer, nothing else.');
  return wanted;
}

/** @throws BlobError 409 where the policy is locked. */
export function removePolicy(current: Retention['policy']): void {
  if (current?.locked === true) throw refuse('A locked immutability policy cannot be removed.');
}
