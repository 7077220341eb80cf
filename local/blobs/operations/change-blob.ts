import { type BlobAnswer, blobToChange, type Call, containerOf, mindLease, stamp } from '../call.ts';
import { BlobError, blobNotFound, invalidHeader } from '../errors.ts';
import { afterWrite } from '../lease.ts';
import { metadataOf, wordHeader } from '../request.ts';
import { removePolicy, replacePolicy } from '../retention.ts';
import type { BlobState } from '../state/schema.ts';
import { readContentHeaders, readPolicy, readTier } from './new-blob.ts';

export async function deleteBlob(call: Call): Promise<BlobAnswer> {
  const { store, container, blob, request } = call;
  wordHeader(request, 'x-ms-delete-snapshots', ['include', 'only']);
  await store.change((drop) => {
    blobToChange(call, 'delete');
    drop(store.removeBlob(container, blob));
  });
  return { status: 202, headers: { 'x-ms-delete-type-permanent': 'true' } };
}

/** Set Blob Properties: what is not named is cleared. */
export async function setContentHeaders(call: Call): Promise<BlobAnswer> {
  const content = readContentHeaders(call.request);
  return write(call, () => ({ content }));
}

export async function setMetadata(call: Call): Promise<BlobAnswer> {
  const metadata = metadataOf(call.request);
  return write(call, () => ({ metadata }));
}

/** A change that counts as a write: the ETag is a new one. */
function write(call: Call, change: (before: BlobState) => Partial<BlobState>): Promise<BlobAnswer> {
  const { store, container, blob, now } = call;
  return store.change(() => {
    const before = blobToChange(call, 'overwrite');
    const changed = {
      ...before,
      ...change(before),
      lease: afterWrite(before.lease, now),
      etag: call.newETag(),
      modified: now,
    };
    store.saveBlob(container, blob, changed);
    return { status: 200, headers: { ...stamp(changed), 'x-ms-request-server-encrypted': 'true' } };
  });
}

/** Set Blob Tier. The ETag stays. */
export async function setTier(call: Call): Promise<BlobAnswer> {
  const name = readTier(call.request);
  if (name === undefined) throw invalidHeader('x-ms-access-tier', 'one of Hot, Cool, Cold');
  const state = await amend(call, (before) => {
    if (before.kind !== 'BlockBlob')
      throw new BlobError(409, 'InvalidBlobType', 'The blob type is invalid for this operation.');
    return { tier: { name, changed: call.now } };
  });
  return { status: 200, headers: { 'x-ms-access-tier': state.tier?.name } };
}

/** Set Blob Immutability Policy. */
export async function setPolicy(call: Call): Promise<BlobAnswer> {
  const wanted = readPolicy(call.request, call.now);
  if (wanted === undefined) throw invalidHeader('x-ms-immutability-policy-until-date', 'a date to come');
  await amend(call, ({ policy }) => ({ policy: replacePolicy(policy, wanted) }));
  return {
    status: 200,
    headers: {
      'x-ms-immutability-policy-until-date': new Date(wanted.until).toUTCString(),
      'x-ms-immutability-policy-mode': wanted.locked ? 'locked' : 'unlocked',
    },
  };
}

export async function deletePolicy(call: Call): Promise<BlobAnswer> {
  await amend(call, ({ policy }) => {
    removePolicy(policy);
    return { policy: undefined };
  });
  return { status: 200 };
}

export async function setLegalHold(call: Call): Promise<BlobAnswer> {
  const given = wordHeader(call.request, 'x-ms-legal-hold', ['true', 'false']);
  if (given === undefined) throw invalidHeader('x-ms-legal-hold', 'true or false');
  await amend(call, () => ({ legalHold: given === 'true' }));
  return { status: 200, headers: { 'x-ms-legal-hold': given } };
}

/** A change beside the content, which needs no leave of a policy. */
async function amend(call: Call, change: (before: BlobState) => Partial<BlobState>): Promise<BlobState> {
  const { store, container, blob } = call;
  return store.change(() => {
    containerOf(call);
    const before = store.blob(container, blob);
    if (before === undefined) throw blobNotFound();
    mindLease(call, before, false);
    const changed = { ...before, ...change(before) };
    store.saveBlob(container, blob, changed);
    return changed;
  });
}
