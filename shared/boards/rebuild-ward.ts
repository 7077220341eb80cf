import type { Ods } from '../context.ts';
import { hasCode } from '../errors.ts';
import { parseSearch } from '../fhir/index.ts';
import type { Records } from '../records/index.ts';
import { bedsOf } from './beds.ts';
import type { BoardHead } from './documents.ts';
import { readHead } from './head.ts';
import { type ProjectDependencies, projectPatient } from './project.ts';
import { boardsCall } from './system-call.ts';

export interface RebuildDependencies extends ProjectDependencies {
  readonly records: Records;
}

/** What a rebuild found. */
export interface WardRebuilt {
  readonly ward: string;
  /** Patients whose tile was computed anew. */
  readonly patients: number;
  /** Tiles that were wrong. */
  readonly corrected: number;
}

/** Location.type of a ward (http://terminology.hl7.org/CodeSystem/v3-RoleCode). */
const hospitalUnit = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode|HU';
/** Encounters of who is in the house (http://hl7.org/fhir/R4/valueset-encounter-status.html). */
const present = 'arrived,triaged,in-progress,onleave';

/**
 * Computes every tile of a ward anew: of whom the record puts there, and of whom the board shows there.
 * @throws WardlineError `too-costly` with more than 1,000 open encounters
 */
export async function rebuildWard(deps: RebuildDependencies, trust: Ods, ward: string): Promise<WardRebuilt> {
  const { records, boards, clock } = deps;
  const call = boardsCall(clock, trust);
  const places = [ward, ...(await bedsOf(records, call, trust, ward))];
  const location = places.map((id) => `Location/${id}`).join(',');
  const { patients } = await records.search(
    call,
    trust,
    parseSearch('Encounter', new URLSearchParams({ location, status: present })),
  );
  const shown = Object.keys((await readHead(boards, trust, ward))?.document.patients ?? {});
  const all = new Set([...patients, ...shown]);
  let corrected = 0;
  for (const patient of all) corrected += (await projectPatient(deps, trust, patient, [])).length;
  return { ward, patients: all.size, corrected };
}

/**
 * The wards of a trust: those that have a board, and those among its Locations; of more than 1,000 Locations those whose type
 * says hospital unit. @throws WardlineError `too-costly` with more than 1,000 of these
 */
export async function wardsOf({ records, boards, clock }: RebuildDependencies, trust: Ods): Promise<string[]> {
  const heads = await boards.query<BoardHead>("SELECT * FROM c WHERE c.kind = 'head' AND c.trust = @trust", { trust });
  const call = boardsCall(clock, trust);
  const find = async (by: Record<string, string>) =>
    (await records.search(call, trust, parseSearch('Location', new URLSearchParams(by)))).matches;
  // A trust may have more beds than a search opens; its hospital units are fewer, and the index knows them by their type.
  const places = await find({}).catch((error: unknown) => {
    if (hasCode(error, 'too-costly')) return find({ type: hospitalUnit });
    throw error;
  });
  const wards = places.filter(({ resource }) =>
    (resource as { physicalType?: { coding?: { code?: string }[] } }).physicalType?.coding?.some(
      ({ code }) => code === 'wa',
    ),
  );
  return [
    ...new Set([...heads.items.map(({ ward }) => ward), ...wards.map(({ resource }) => resource.id ?? '')]),
  ].sort();
}
