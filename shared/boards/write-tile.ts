import type { BatchOperation, Documents, Stored } from '../azure/documents.ts';
import type { Clock, Ods } from '../context.ts';
import { type Keyring, type SealKey, seal, unseal } from '../keys/index.ts';
import {
  type NoTileDocument,
  noTileLifetime,
  type PastTileDocument,
  pastTileLifetime,
  type TileDocument,
  tileId,
  tilePlace,
  wardPartition,
} from './documents.ts';
import { createHead, headPatch } from './head.ts';
import type { Tile } from './tile.ts';

export interface TileDependencies {
  readonly boards: Documents;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

/** What stands in the place of a patient's tile on a ward; undefined: nothing ever did. */
export type InPlace = Stored<TileDocument | NoTileDocument> | undefined;

/** The ward's new version; `lost`: somebody else wrote since it was read, so the record has to be read again. */
export type Written = number | 'unchanged' | 'lost';

/** From the primary replica. */
export async function readInPlace(boards: Documents, trust: Ods, ward: string, patient: string): Promise<InPlace> {
  const [found] = await boards.readTogether<TileDocument | NoTileDocument>(wardPartition(trust, ward), [
    tileId(patient),
  ]);
  return found;
}

/** Shows a patient on a ward as the tile says. */
export async function putTile(
  deps: TileDependencies,
  trust: Ods,
  ward: string,
  tile: Tile,
  before: InPlace,
): Promise<Written> {
  const { patient } = tile;
  const partition = wardPartition(trust, ward);
  const key = await deps.keyring.trustKey(trust, 'boards');
  const now = deps.clock.now();
  if (before?.document.kind === 'tile' && shows(key, before.document, tile)) return 'unchanged';
  const sealed = seal(key, tile, tilePlace(partition, patient));
  const id = tileId(patient);
  const document: TileDocument = { id, partition, kind: 'tile', ward, patient, sealed, from: now.getTime() };
  return write(deps, trust, ward, now, [
    inPlaceOf(before, document),
    ...pastOf(before, now),
    headPatch(now, before?.document.kind === 'tile' ? undefined : { op: 'set', patient }),
  ]);
}

/** Takes a patient off a ward, or makes sure that nobody who read earlier puts the patient there. */
export async function removeTile(
  deps: TileDependencies,
  trust: Ods,
  ward: string,
  patient: string,
  before: InPlace,
): Promise<Written> {
  if (before?.document.kind === 'no-tile') return 'unchanged';
  const partition = wardPartition(trust, ward);
  const now = deps.clock.now();
  const gone: NoTileDocument = {
    ...{ id: tileId(patient), partition, kind: 'no-tile', ward, patient },
    ...{ from: now.getTime(), ttl: noTileLifetime },
  };
  return write(deps, trust, ward, now, [
    inPlaceOf(before, gone),
    ...pastOf(before, now),
    ...(before?.document.kind === 'tile' ? [headPatch(now, { op: 'remove', patient })] : []),
  ]);
}

/** The fence: with If-Match where something was read, as a create where nothing was. */
const inPlaceOf = (before: InPlace, document: TileDocument | NoTileDocument): BatchOperation =>
  before === undefined
    ? { op: 'create', document }
    : { op: 'replace', id: document.id, document, ifMatch: before.etag };

function pastOf(before: InPlace, now: Date): BatchOperation[] {
  if (before?.document.kind !== 'tile') return [];
  const { partition, ward, patient, sealed, from } = before.document;
  const to = now.getTime();
  const id = `past|${patient}|${from}|${to}`;
  const past: PastTileDocument = {
    id,
    partition,
    kind: 'past-tile',
    ward,
    patient,
    sealed,
    from,
    to,
    ttl: pastTileLifetime,
  };
  // Two changes within a millisecond: the first of them was never seen.
  return [{ op: 'upsert', document: past }];
}

async function write(
  { boards }: TileDependencies,
  trust: Ods,
  ward: string,
  now: Date,
  operations: readonly BatchOperation[],
): Promise<Written> {
  const outcome = await boards.batch(wardPartition(trust, ward), operations);
  if (outcome.ok) {
    const head = outcome.documents.at(-1) as { version?: number } | undefined;
    return head?.version ?? 'unchanged';
  }
  // The ward's first patient: the head comes into being, and everything is read again.
  if (outcome.status === 404 && outcome.index === operations.length - 1) await createHead(boards, trust, ward, now);
  return 'lost';
}

/** A tile sealed under a key that is no longer kept shows nothing that could be compared. */
function shows(key: SealKey, { sealed, partition, patient }: TileDocument, tile: Tile): boolean {
  try {
    return JSON.stringify(unseal(key, sealed, tilePlace(partition, patient))) === JSON.stringify(tile);
  } catch {
    return false;
  }
}
