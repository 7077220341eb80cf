import type { Access } from '../access/index.ts';
import type { Documents } from '../azure/documents.ts';
import type { Call, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { Keyring } from '../keys/index.ts';
import { policyOf, relationOf } from './decide.ts';
import type { VersionBody, VersionDocument } from './documents.ts';
import { currentId, headId, ofRef, versionId as versionDocumentId } from './ids.ts';
import { type Location, locate } from './locate.ts';
import { type Opening, requireShown } from './opening.ts';
import type { Reader, Viewed } from './reader.ts';
import type { Read, ResourceRef } from './records.ts';
import { storedResource, unsealContent } from './sealing.ts';
import { stoodAt } from './stood-at.ts';

export interface ReadDependencies {
  readonly reader: Reader;
  readonly keyring: Keyring;
  readonly access: Pick<Access, 'decide' | 'require'>;
}

/**
 * See {@link Records.read}: head and resource in one batch, so that the decision costs no further trip. A version that
 * stood at a moment takes one query more, where the newest one is younger.
 */
export async function read(
  deps: ReadDependencies & { documents: Documents },
  call: Call,
  trust: Ods,
  ref: ResourceRef,
  { at }: { readonly at?: number } = {},
): Promise<Read> {
  const location = await locateFor(deps, call, trust, ref);
  const ids = location.patient === undefined ? [] : [headId];
  const { views, session } = await deps.reader.together(location.partition, [...ids, currentId(ref)]);
  const opening = await allow(deps, call, trust, ref.type, location, views[0]);
  const body = await versionAt(deps.documents, location.partition, ref, views.at(-1), at);
  if (body === undefined) throw notFound();
  const content = unsealContent(opening.key, location.partition, body);
  if (content === undefined) throw new WardlineError('gone', 'The resource was deleted.');
  await requireShown(deps.access, call, trust, opening, content.resource);
  return { found: storedResource(location.partition, body, content), session };
}

async function versionAt(
  documents: Documents,
  partition: string,
  ref: ResourceRef,
  view: Viewed | undefined,
  at: number | undefined,
): Promise<VersionBody | undefined> {
  if (view?.body.kind !== 'current') return undefined;
  if (at === undefined) return view.body;
  const unmoved = versionsOf(view).find(({ lastUpdated }) => lastUpdated <= at);
  if (unmoved !== undefined) return unmoved;
  const { items } = await documents.query<VersionDocument>(
    `SELECT * FROM c WHERE ${stoodAt} AND c.of = @of`,
    { of: ofRef(ref), at },
    { partition },
  );
  return items[0];
}

/** See {@link Records.vread}. */
export async function vread(
  deps: ReadDependencies,
  call: Call,
  trust: Ods,
  ref: ResourceRef,
  version: string,
): Promise<Read> {
  const location = await locateFor(deps, call, trust, ref);
  const { partition } = location;
  const number = /^[1-9]\d{0,8}$/.test(version) ? Number(version) : 0;
  const ids = location.patient === undefined ? [] : [headId];
  const { views, session } = await deps.reader.together(partition, [
    ...ids,
    currentId(ref),
    versionDocumentId(ref, number),
  ]);
  const opening = await allow(deps, call, trust, ref.type, location, views[0]);
  const body = views
    .slice(ids.length)
    .flatMap(versionsOf)
    .find((each) => each.versionId === number);
  if (body === undefined) throw notFound();
  const content = unsealContent(opening.key, partition, body);
  if (content !== undefined) await requireShown(deps.access, call, trust, opening, content.resource);
  return { found: storedResource(partition, body, content), session };
}

/** A version that is staged over is still in the current document, under what replaces it. */
function versionsOf(view: Viewed | undefined): VersionBody[] {
  if (view === undefined) return [];
  const { document, body } = view;
  const bodies: unknown[] = document.next?.was === undefined ? [body] : [body, document];
  return bodies as VersionBody[];
}

/**
 * Where a resource lies, for somebody whose role, team and trust allow to ask: nobody else learns so much as whether it
 * is there.
 * @throws WardlineError `forbidden`, `not-found`
 */
export async function locateFor(
  { reader, access }: Pick<ReadDependencies, 'reader' | 'access'>,
  call: Call,
  trust: Ods,
  ref: ResourceRef,
): Promise<Location> {
  await access.require(call, { policy: policyOf(call), trust, type: ref.type });
  return locate(reader, trust, ref);
}

/** @returns the partition's key, and what decides about its patient @throws WardlineError `forbidden`, `not-found` without the patient */
export async function allow(
  { reader, keyring, access }: ReadDependencies,
  call: Call,
  trust: Ods,
  type: string,
  { partition, patient }: Location,
  headView: Viewed | undefined,
): Promise<Opening> {
  // Role, team and trust were asked before it was looked for.
  if (patient === undefined) {
    await access.require(call, { policy: policyOf(call), trust, type, patient: 'none' });
    return { key: await keyring.trustKey(trust, 'reference'), patient: undefined };
  }
  if (headView?.body.kind !== 'head') throw notFound();
  const { head, key } = await reader.openHead({ partition, trust }, headView.body);
  const relation = relationOf(head.token, await reader.join(head));
  await access.require(call, { policy: policyOf(call), trust, type, patient: relation });
  return { key, patient: relation };
}

const notFound = (): WardlineError => new WardlineError('not-found', 'There is no such resource.');
