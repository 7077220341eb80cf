import type { Call } from './call.ts';
import { badParameter, notFound } from './errors.ts';
import { publicPart } from './key-material.ts';
import type { Key, KeyVersion } from './key-store.ts';

/** How long a deleted key can be recovered. */
const recoverableDays = 90;
const maximumPage = 25;

/** A key's identifier: address, name and version. */
export const idOf = ({ endpoint }: Call, { name, version }: KeyVersion): string =>
  `${endpoint}/keys/${name}/${version}`;

const attributesOf = ({ enabled, created, updated, expires, notBefore }: KeyVersion) => ({
  enabled,
  created,
  updated,
  ...(expires !== undefined && { exp: expires }),
  ...(notBefore !== undefined && { nbf: notBefore }),
  recoveryLevel: 'Recoverable+Purgeable',
  recoverableDays,
  exportable: false,
});

/** A key or version in a list. @param path that identifies it. */
export const listed = ({ endpoint }: Call, version: KeyVersion, path: string) => ({
  kid: `${endpoint}${path}`,
  attributes: attributesOf(version),
  ...(version.tags && { tags: version.tags }),
});

/** A version as the vault shows it: never its private part. */
export const describe = (call: Call, version: KeyVersion) => ({
  key: { kid: idOf(call, version), ...publicPart(version), key_ops: version.operations },
  attributes: attributesOf(version),
  ...(version.tags && { tags: version.tags }),
});

/** When a deleted key went, and when it goes for good. */
export const deletion = ({ endpoint }: Call, { name, deleted = 0 }: Key) => ({
  recoveryId: `${endpoint}/deletedkeys/${name}`,
  deletedDate: deleted,
  scheduledPurgeDate: deleted + recoverableDays * 24 * 3600,
});

export const describeDeleted = (call: Call, key: Key) => ({ ...describe(call, newestOf(key)), ...deletion(call, key) });

/** One page of a list; `nextLink` leads to the next. @throws KeyVaultError 400. */
export function page({ endpoint, query }: Call, items: readonly object[], path: string): object {
  const size = Number(query.get('maxresults') ?? maximumPage);
  const from = Number(query.get('$skiptoken') ?? 0);
  if (!Number.isInteger(size) || size < 1 || size > maximumPage)
    throw badParameter(`maxresults must be a whole number from 1 to ${maximumPage}.`);
  if (!Number.isInteger(from) || from < 0) throw badParameter('$skiptoken is not one of this vault.');
  const next = new URLSearchParams(query);
  next.set('$skiptoken', String(from + size));
  return {
    value: items.slice(from, from + size),
    nextLink: from + size < items.length ? `${endpoint}${path}?${next}` : null,
  };
}

/** The version that counts when none is named. */
export function newestOf({ name, versions }: Key): KeyVersion {
  const newest = versions.at(-1);
  if (newest === undefined) throw notFound(name);
  return newest;
}
