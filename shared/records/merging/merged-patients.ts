import type { FhirResource } from '../../fhir/index.ts';
import type { MergedFrom } from '../documents.ts';
import { nhsNumberSystem } from '../identity.ts';

interface Identifier {
  readonly use?: string;
  readonly system?: string;
  readonly value?: string;
}
interface Link {
  readonly other?: { readonly reference?: string };
  readonly type?: string;
}

const identifiersOf = (patient: FhirResource): readonly Identifier[] =>
  (patient['identifier'] as readonly Identifier[] | undefined) ?? [];
const linksOf = (patient: FhirResource): readonly Link[] => (patient['link'] as readonly Link[] | undefined) ?? [];
const link = (id: string, type: string): Link => ({ other: { reference: `Patient/${id}` }, type });
const isLink = (id: string, type: string) => (one: Link) =>
  one.type === type && one.other?.reference === `Patient/${id}`;
const same = (a: Identifier, b: Identifier): boolean => a.system === b.system && a.value === b.value;

/** A list that holds nothing is no list (FHIR: no empty arrays). */
const listed = (name: string, list: readonly unknown[]): object => (list.length === 0 ? {} : { [name]: list });

/** The Patient who gave way: no longer active, and it says to whom (http://hl7.org/fhir/R4/patient.html#links). */
export const retired = (source: FhirResource, target: string): FhirResource => ({
  ...source,
  active: false,
  link: [...linksOf(source), link(target, 'replaced-by')],
});

/**
 * The Patient who survives takes over the other's identifiers as old ones (as FHIR R5's $merge does), but for the NHS number: UK
 * Core allows one. By that one too a search finds the survivor.
 * @returns what it took over besides, so that it can be given back
 */
export function survivor(
  target: FhirResource,
  source: FhirResource,
): { readonly resource: FhirResource; readonly identifiers: MergedFrom['identifiers'] } {
  const own = identifiersOf(target);
  const taken = identifiersOf(source).filter(
    (one) => one.value !== undefined && one.system !== nhsNumberSystem && !own.some((mine) => same(mine, one)),
  );
  return {
    resource: {
      ...target,
      ...listed('identifier', [...own, ...taken.map((one) => ({ ...one, use: 'old' }))]),
      link: [...linksOf(target), link(source.id ?? '', 'replaces')],
    },
    identifiers: taken.map(({ system, value = '' }) => ({ ...(system === undefined ? {} : { system }), value })),
  };
}

/** The Patient who stands for itself again. */
export function restored(source: FhirResource, target: string, wasActive: boolean | undefined): FhirResource {
  const { active: _, link: _link, ...rest } = source;
  const links = linksOf(source).filter((one) => !isLink(target, 'replaced-by')(one));
  return { ...rest, ...(wasActive === undefined ? {} : { active: wasActive }), ...listed('link', links) };
}

/** The survivor without what it took over. */
export function givenBack(target: FhirResource, { patientId, identifiers }: MergedFrom): FhirResource {
  const { identifier: _, link: _link, ...rest } = target;
  const taken = (one: Identifier): boolean =>
    one.use === 'old' && identifiers.some((each) => each.system === one.system && each.value === one.value);
  return {
    ...rest,
    ...listed(
      'identifier',
      identifiersOf(target).filter((one) => !taken(one)),
    ),
    ...listed(
      'link',
      linksOf(target).filter((one) => !isLink(patientId, 'replaces')(one)),
    ),
  };
}

/** The links that only a merge makes. */
export const mergeLinks = (patient: FhirResource): readonly string[] =>
  linksOf(patient)
    .filter(({ type }) => type === 'replaced-by' || type === 'replaces')
    .map(({ other, type }) => `${type} ${other?.reference}`)
    .sort();
