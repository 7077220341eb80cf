import type { FhirResource } from '../fhir/index.ts';
import type { HeadContent, Placement } from './documents.ts';

/** Encounter.status of a patient who is in the house (http://hl7.org/fhir/R4/valueset-encounter-status.html). */
const present: ReadonlySet<string> = new Set(['arrived', 'triaged', 'in-progress', 'onleave']);

/** A clinician's order that a patient's oxygen saturation be scored on NEWS2's scale 2. */
export const spo2ScaleOrder = { system: 'https://wardline.nhs.uk/order', code: 'spo2-scale-2' } as const;

interface EncounterLike {
  readonly status?: string;
  readonly period?: { readonly start?: string };
  readonly location?: readonly {
    readonly location?: { readonly reference?: string };
    readonly status?: string;
    readonly period?: { readonly start?: string; readonly end?: string };
  }[];
}

/** Where an Encounter says the patient is now: the id of a Location, and since when; undefined: nowhere. */
export function presentLocation(resource: FhirResource): { location: string; since: string | undefined } | undefined {
  const encounter = resource as EncounterLike;
  if (encounter.status === undefined || !present.has(encounter.status)) return undefined;
  const stay = encounter.location?.findLast(
    ({ status, period }) => status === 'active' || (status === undefined && period?.end === undefined),
  );
  const location = /^Location\/([A-Za-z0-9\-.]{1,64})$/.exec(stay?.location?.reference ?? '')?.[1];
  if (location === undefined) return undefined;
  return { location, since: stay?.period?.start ?? encounter.period?.start };
}

/** Locations from a bed up to its ward. */
export interface LocationLike {
  readonly id?: string;
  readonly partOf?: { readonly reference?: string };
  readonly physicalType?: { readonly coding?: readonly { readonly code?: string }[] };
}

/** http://hl7.org/fhir/R4/valueset-location-physical-type.html: `wa` is a ward. */
export const isWard = (location: LocationLike): boolean =>
  location.physicalType?.coding?.some(({ code }) => code === 'wa') ?? false;

export const partOf = (location: LocationLike): string | undefined =>
  /^Location\/([A-Za-z0-9\-.]{1,64})$/.exec(location.partOf?.reference ?? '')?.[1];

/** The head after an Encounter was written; the same object when nothing changed. */
export function withPlacement(head: HeadContent, encounter: string, placement: Placement | undefined): HeadContent {
  const before = head.placements.find((each) => each.encounter === encounter);
  if (before === undefined ? placement === undefined : placement !== undefined && samePlacement(before, placement))
    return head;
  const others = head.placements.filter((each) => each.encounter !== encounter);
  return { ...head, placements: placement === undefined ? others : [...others, placement] };
}

const samePlacement = (a: Placement, b: Placement): boolean =>
  a.ward === b.ward && a.bed === b.bed && a.since === b.since;

interface OrderLike {
  readonly status?: string;
  readonly code?: { readonly coding?: readonly { readonly system?: string; readonly code?: string }[] };
}

/** The head after a ServiceRequest was written (undefined: deleted); the same object when nothing changed. */
export function withOrder(head: HeadContent, id: string, resource: FhirResource | undefined): HeadContent {
  const order = resource as OrderLike | undefined;
  const stands =
    order?.status === 'active' &&
    order.code?.coding?.some(({ system, code }) => system === spo2ScaleOrder.system && code === spo2ScaleOrder.code);
  if (stands) return head.spo2Order === id ? head : { ...head, spo2Scale: 2, spo2Order: id };
  if (head.spo2Order !== id) return head;
  const { spo2Scale: _scale, spo2Order: _order, ...rest } = head;
  return rest;
}
