import { setTimeout as sleep } from 'node:timers/promises';
import type { Stored } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { parseSearch } from '../fhir/index.ts';
import { news2Code } from '../forms/index.ts';
import type { Present, Records, ResourceRef } from '../records/index.ts';
import { type PlacementDocument, placementPartition } from './documents.ts';
import { shownOf } from './tile.ts';
import { type InPlace, putTile, readInPlace, removeTile, type TileDependencies } from './write-tile.ts';

export interface ProjectDependencies extends TileDependencies {
  readonly records: Pick<Records, 'present'>;
}

export type AtLeast = readonly (ResourceRef & { readonly versionId: string })[];

/** A ward whose board changed. */
export interface WardVersion {
  readonly ward: string;
  readonly version: number;
}

const triesAtMost = 12;
/** What a tile is made of: the patient, and of all that was observed the scores alone. */
const tileSources = [
  parseSearch('Patient', new URLSearchParams()),
  parseSearch('Observation', new URLSearchParams({ code: `${news2Code.system}|${news2Code.code}` })),
];

/**
 * Brings a patient's tiles in line with the record. What stands on the boards is read before the record and written
 * with If-Match, so that an older reading never overwrites a newer one; the placement is told of a ward before the
 * ward shows the patient, so that a projector that dies leaves no tile behind that nobody knows of; the new ward shows
 * the patient before the old one stops.
 * @param atLeast versions that must be seen @returns the wards that changed
 * @throws WardlineError `unavailable` when the record is behind `atLeast`
 */
export async function projectPatient(
  deps: ProjectDependencies,
  trust: Ods,
  patient: string,
  atLeast: AtLeast,
): Promise<WardVersion[]> {
  const changed = new Map<string, number>();
  const { shows } = await bringInLine(deps, trust, patient, atLeast, changed);
  // What changes for one who gave way to another changes the tile of that one.
  for (let other = shows; other !== undefined; ) other = (await bringInLine(deps, trust, other, [], changed)).shows;
  return [...changed].map(([ward, version]) => ({ ward, version }));
}

/** @returns the patient who is shown in the place of this one; undefined: nobody else */
async function bringInLine(
  deps: ProjectDependencies,
  trust: Ods,
  patient: string,
  atLeast: AtLeast,
  changed: Map<string, number>,
): Promise<{ shows: string | undefined }> {
  for (let attempt = 0; attempt < triesAtMost; attempt++) {
    // Jitter: projectors who lost to each other should not meet again.
    if (attempt > 1) await sleep(Math.random() * 5 * attempt);
    const done = await projectOnce(deps, trust, patient, atLeast, changed);
    if (done !== 'again') return { shows: done.head?.mergedInto?.token };
  }
  throw new Error('A tile is written by too many at once; the event will be delivered again.');
}

/** @returns the head by which the boards now show the patient; `again`: somebody else wrote meanwhile */
async function projectOnce(
  deps: ProjectDependencies,
  trust: Ods,
  patient: string,
  atLeast: AtLeast,
  changed: Map<string, number>,
): Promise<{ head: Present['head'] | undefined } | 'again'> {
  const [placement] = await deps.boards.readTogether<PlacementDocument>(placementPartition(trust, patient), [patient]);
  const wards = placement?.document.wards ?? [];
  const inPlace = new Map<string, InPlace>();
  for (const ward of wards) inPlace.set(ward, await readInPlace(deps.boards, trust, ward, patient));
  const present = await deps.records.present(trust, patient, tileSources, atLeast);
  const shown = shownIn(present);
  if (shown !== undefined && !inPlace.has(shown.ward)) {
    await writePlacement(deps, trust, patient, placement, [...wards, shown.ward]);
    return 'again';
  }
  if (shown !== undefined) {
    const written = await putTile(deps, trust, shown.ward, shown.tile, inPlace.get(shown.ward));
    if (!note(changed, shown.ward, written)) return 'again';
  }
  const left = wards.filter((ward) => ward !== shown?.ward);
  for (const ward of left) {
    if (!note(changed, ward, await removeTile(deps, trust, ward, patient, inPlace.get(ward)))) return 'again';
  }
  const whole =
    left.length === 0 ||
    (await writePlacement(deps, trust, patient, placement, shown === undefined ? [] : [shown.ward]));
  return whole ? { head: present?.head } : 'again';
}

const shownIn = (present: Present | undefined) =>
  present === undefined
    ? undefined
    : shownOf(
        present.head,
        present.resources.map(({ resource }) => resource),
      );

function note(changed: Map<string, number>, ward: string, written: number | 'unchanged' | 'lost'): boolean {
  if (typeof written === 'number') changed.set(ward, written);
  return written !== 'lost';
}

/** @returns false when somebody else wrote it since it was read. */
async function writePlacement(
  { boards }: ProjectDependencies,
  trust: Ods,
  patient: string,
  before: Stored<PlacementDocument> | undefined,
  wards: readonly string[],
): Promise<boolean> {
  const partition = placementPartition(trust, patient);
  const document: PlacementDocument = { id: patient, partition, kind: 'placement', wards };
  const outcome = await boards.batch(partition, [
    before === undefined ? { op: 'create', document } : { op: 'replace', id: patient, document, ifMatch: before.etag },
  ]);
  return outcome.ok;
}
