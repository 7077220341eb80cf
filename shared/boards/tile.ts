import type { Restrictions } from '../access/index.ts';
import type { FhirResource } from '../fhir/index.ts';
import { type Head, labelsOf, type Placement } from '../records/index.ts';
import { type TileNews2, tileNews2 } from './tile-news2.ts';

/** What a board knows of a patient; sealed where it is stored. */
export interface Tile {
  /** Token. */
  readonly patient: string;
  /** Id of the Patient resource. */
  readonly patientId: string;
  readonly encounter: string;
  readonly bed: string;
  readonly since: string;
  readonly family: string;
  readonly given: string;
  readonly birthDate?: string;
  readonly sex?: string;
  readonly news2?: TileNews2;
  /** What keeps some, or all, from the record: they see that the bed is occupied. */
  readonly restrictions?: Restrictions;
}

/** A patient's place on the boards: a ward and what it shows; undefined: on no board. */
export interface Shown {
  readonly ward: string;
  readonly tile: Tile;
}

/**
 * Where a patient is shown, and as what. Pure: the same record always gives the same tile.
 * @param resources the patient's present Patient and Observations
 */
export function shownOf(
  head: Pick<Head, 'token' | 'patientId' | 'placements' | 'mergedInto' | 'sealed' | 'clinicians' | 'objections'>,
  resources: readonly FhirResource[],
): Shown | undefined {
  // Who gave way to another is shown as that one.
  if (head.mergedInto !== undefined) return undefined;
  const placement = head.placements.reduce<Placement | undefined>(later, undefined);
  const patient = resources.find(({ resourceType }) => resourceType === 'Patient');
  if (placement?.bed === undefined || patient === undefined) return undefined;
  const place = {
    patient: head.token,
    patientId: head.patientId,
    encounter: placement.encounter,
    bed: placement.bed,
    since: placement.since,
  };
  // What nobody may see is not on the board, not even where nobody looks.
  if (head.sealed)
    return { ward: placement.ward, tile: { ...place, family: '', given: '', restrictions: { sealed: true } } };
  const { birthDate, gender } = patient as { birthDate?: string; gender?: string };
  const observations = resources.filter(({ resourceType }) => resourceType === 'Observation');
  // A wall cannot ask who may see a labelled score.
  const news2 = tileNews2(observations.filter((resource) => labelsOf(resource) === undefined));
  const restrictions = restrictionsOf(head);
  return {
    ward: placement.ward,
    tile: {
      ...place,
      ...nameOf(patient),
      ...(birthDate === undefined ? {} : { birthDate }),
      ...(gender === undefined ? {} : { sex: gender }),
      ...(news2 === undefined ? {} : { news2 }),
      ...(restrictions === undefined ? {} : { restrictions }),
    },
  };
}

function restrictionsOf({ clinicians, objections }: Pick<Head, 'clinicians' | 'objections'>): Restrictions | undefined {
  if (clinicians === undefined && objections === undefined) return undefined;
  return {
    ...(clinicians === undefined ? {} : { clinicians }),
    ...(objections === undefined ? {} : { objections: objections.map(({ agent }) => agent) }),
  };
}

/** Of two open encounters the one that put the patient in a bed last counts. */
function later(a: Placement | undefined, b: Placement): Placement | undefined {
  if (b.bed === undefined) return a;
  return a === undefined || Date.parse(b.since) >= Date.parse(a.since) ? b : a;
}

interface HumanName {
  readonly use?: string;
  readonly family?: string;
  readonly given?: readonly string[];
}

/** The official name before any other (http://hl7.org/fhir/R4/valueset-name-use.html); old and maiden names never. */
function nameOf(patient: FhirResource): { family: string; given: string } {
  const names = (Array.isArray(patient['name']) ? patient['name'] : []) as readonly HumanName[];
  const current = names.filter(({ use }) => use !== 'old' && use !== 'maiden');
  const name = current.find(({ use }) => use === 'official') ?? current[0];
  return { family: name?.family ?? '', given: name?.given?.[0] ?? '' };
}
