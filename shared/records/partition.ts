import { createHash } from 'node:crypto';
import type { Ods } from '../context.ts';

/** What a partition holds: a patient's compartment, resources of a type outside compartments, or other documents. */
export type Place =
  | { readonly patient: string }
  | { readonly type: string; readonly id: string }
  /** Claims and look-ups of patients, found by a keyed hash. */
  | { readonly lookup: string }
  /** Audit entries that concern no patient. */
  | { readonly audit: string }
  /** What was asked to be erased in a trust. */
  | { readonly erasures: Ods };

/** Types of which a trust has hundreds, read and searched together: one partition each. */
const referenceTypes: ReadonlySet<string> = new Set([
  'ActivityDefinition',
  'CapabilityStatement',
  'CodeSystem',
  'ConceptMap',
  'Endpoint',
  'HealthcareService',
  'Location',
  'Organization',
  'OrganizationAffiliation',
  'PlanDefinition',
  'Practitioner',
  'PractitionerRole',
  'Questionnaire',
  'SearchParameter',
  'StructureDefinition',
  'ValueSet',
]);

const lookupBuckets = 16;
const auditShards = 4;
const wideBuckets = 64;

/** The partition key of everything in container `records`; nothing else builds one. */
export function partitionOf(trust: Ods, place: Place): string {
  if ('patient' in place) return `${trust}|P|${place.patient}`;
  if ('lookup' in place) return `${trust}|Lookup|${bucket(place.lookup, lookupBuckets)}`;
  if ('erasures' in place) return `${trust}|Erasure|0`;
  if ('audit' in place) return `${trust}|Audit|${bucket(place.audit, auditShards)}`;
  return `${trust}|${place.type}|${referenceTypes.has(place.type) ? 0 : bucket(place.id, wideBuckets)}`;
}

/** All partitions that hold resources of a type outside patients' compartments. */
export const partitionsOf = (trust: Ods, type: string): string[] =>
  Array.from({ length: referenceTypes.has(type) ? 1 : wideBuckets }, (_, index) => `${trust}|${type}|${index}`);

/** All partitions of claims and look-ups. */
export const lookupPartitions = (trust: Ods): string[] =>
  Array.from({ length: lookupBuckets }, (_, index) => `${trust}|Lookup|${index}`);

/** The partition that holds all of a type; undefined: the type is spread, only a query over all partitions finds it. */
export const wholePartitionOf = (trust: Ods, type: string): string | undefined =>
  referenceTypes.has(type) ? partitionOf(trust, { type, id: '' }) : undefined;

/** The patient's token, where a partition is a patient's. */
export function patientOf(partition: string): string | undefined {
  const [, kind, token] = partition.split('|');
  return kind === 'P' ? token : undefined;
}

const bucket = (text: string, count: number): number =>
  createHash('sha256').update(text).digest().readUInt32BE(0) % count;
