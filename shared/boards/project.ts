import type { Documents, Stored } from '../azure/documents.ts';
import type { Clock, Ods } from '../context.ts';
import { type Keyring, seal, unseal } from '../keys/index.ts';
import type { Records, ResourceRef } from '../records/index.ts';
import {
  type BoardHead,
  type PlacementDocument,
  pastTileLifetime,
  placementPartition,
  type TileDocument,
  tileId,
  wardPartition,
} from './documents.ts';
import { type Tile, tileOf } from './tile.ts';

export interface ProjectDependencies {
  readonly boards: Documents;
  readonly records: Records;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

const maximumTries = 10;
const tileTypes = ['Patient', 'Observation'];

/**
 * Brings a patient's tile in line with the record: reads the tile's ETag before the record and writes with If-Match, so
 * that an older reading never overwrites a newer one. Added to the new ward before it leaves the old one.
 * @returns the wards that changed, with their new versions.
 */
export async function projectPatient(
  deps: ProjectDependencies,
  trust: Ods,
  patient: string,
  atLeast: readonly (ResourceRef & { readonly versionId: string })[],
): Promise<{ ward: string; version: number }[]> {
  for (let tries = 0; tries < maximumTries; tries++) {
    const [placement] = await deps.boards.readTogether<PlacementDocument>(placementPartition(trust, patient), [
      patient,
    ]);
    const shownOn = placement?.document.ward;
    const before = shownOn === undefined ? undefined : await readWard(deps, trust, shownOn, patient);
    const present = await deps.records.present(trust, patient, tileTypes, atLeast);
    const target = present?.head.placements.find(({ bed }) => bed !== undefined);
    const person = present?.resources.find(({ resource }) => resource.resourceType === 'Patient')?.resource;
    const tile =
      target?.bed === undefined || person === undefined
        ? undefined
        : tileOf({ ...target, bed: target.bed }, person, present?.resources.map(({ resource }) => resource) ?? []);
    const ward = tile === undefined ? undefined : target?.ward;
    const there =
      ward === undefined ? undefined : ward === shownOn ? before : await readWard(deps, trust, ward, patient);
    const changed: { ward: string; version: number }[] = [];
    if (tile !== undefined && ward !== undefined) {
      const written = await putTile(deps, trust, ward, tile, there);
      if (written === 'lost') continue;
      if (written !== undefined) changed.push({ ward, version: written });
    }
    if (ward !== shownOn) {
      const moved: PlacementDocument = {
        id: patient,
        partition: placementPartition(trust, patient),
        kind: 'placement',
        ...(ward === undefined ? {} : { ward }),
      };
      const outcome = await deps.boards.batch(moved.partition, [
        placement === undefined
          ? { op: 'create', document: moved }
          : { op: 'replace', id: patient, document: moved, ifMatch: placement.etag },
      ]);
      if (!outcome.ok) continue;
      if (shownOn !== undefined) {
        const left = await removeTile(deps, trust, shownOn, patient, before);
        if (left === 'lost') continue;
        if (left !== undefined) changed.push({ ward: shownOn, version: left });
      }
    }
    return changed;
  }
  throw new Error('A tile is written by too many at once; the event will be delivered again.');
}

interface WardState {
  readonly head: Stored<BoardHead> | undefined;
  readonly tile: Stored<TileDocument> | undefined;
}

async function readWard(
  { boards }: ProjectDependencies,
  trust: Ods,
  ward: string,
  patient: string,
): Promise<WardState> {
  const [head, tile] = await boards.readTogether<BoardHead | TileDocument>(wardPartition(trust, ward), [
    'head',
    tileId(patient),
  ]);
  return { head: head as Stored<BoardHead> | undefined, tile: tile as Stored<TileDocument> | undefined };
}

/** @returns the ward's new version, undefined when nothing changed, `'lost'` when somebody else was faster. */
async function putTile(
  deps: ProjectDependencies,
  trust: Ods,
  ward: string,
  tile: Tile,
  { head, tile: old }: WardState = { head: undefined, tile: undefined },
): Promise<number | undefined | 'lost'> {
  const key = await deps.keyring.trustKey(trust, 'boards');
  const partition = wardPartition(trust, ward);
  const aad = `${partition}|${tileId(tile.patient)}`;
  const now = deps.clock.now();
  if (old !== undefined && JSON.stringify(unseal<Tile>(key, old.document.sealed, aad)) === JSON.stringify(tile))
    return undefined;
  const document: TileDocument = {
    id: tileId(tile.patient),
    partition,
    kind: 'tile',
    ward,
    patient: tile.patient,
    sealed: seal(key, tile, aad),
    from: now.getTime(),
  };
  const outcome = await deps.boards.batch(partition, [
    old === undefined ? { op: 'create', document } : { op: 'replace', id: document.id, document, ifMatch: old.etag },
    ...pastOf(old, now),
    nextHead(trust, ward, head, now),
  ]);
  return outcome.ok ? (head?.document.version ?? 0) + 1 : 'lost';
}

async function removeTile(
  deps: ProjectDependencies,
  trust: Ods,
  ward: string,
  patient: string,
  { head, tile: old }: WardState = { head: undefined, tile: undefined },
): Promise<number | undefined | 'lost'> {
  if (old === undefined) return undefined;
  const now = deps.clock.now();
  const outcome = await deps.boards.batch(wardPartition(trust, ward), [
    { op: 'delete', id: tileId(patient), ifMatch: old.etag },
    ...pastOf(old, now),
    nextHead(trust, ward, head, now),
  ]);
  return outcome.ok ? (head?.document.version ?? 0) + 1 : 'lost';
}

function pastOf(old: Stored<TileDocument> | undefined, now: Date) {
  if (old === undefined) return [];
  const { document } = old;
  const past: TileDocument = {
    ...document,
    id: `past|${document.patient}|${document.from}|${now.getTime()}`,
    kind: 'past-tile',
    to: now.getTime(),
    ttl: pastTileLifetime,
  };
  return [{ op: 'upsert' as const, document: past }];
}

function nextHead(trust: Ods, ward: string, head: Stored<BoardHead> | undefined, now: Date) {
  const next: BoardHead = {
    id: 'head',
    partition: wardPartition(trust, ward),
    kind: 'head',
    trust,
    ward,
    version: (head?.document.version ?? 0) + 1,
    asOf: now.toISOString(),
    beds: head?.document.beds ?? [],
  };
  return head === undefined
    ? { op: 'create' as const, document: next }
    : { op: 'replace' as const, id: 'head', document: next, ifMatch: head.etag };
}
