import { createHash } from 'node:crypto';
import type { ResourceRef } from './records.ts';

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const tokenForm = /^[0-9a-hjkmnp-tv-z]{12}$/;
const compartmentForm = /^([0-9a-hjkmnp-tv-z]{12})\.[0-9A-HJKMNP-TV-Z]{26}$/;
/** http://hl7.org/fhir/R4/datatypes.html#id */
const fhirId = /^[A-Za-z0-9\-.]{1,64}$/;

/** The id of the newest version's document; `Type|id` is also what versions name as theirs. */
export const currentId = ({ type, id }: ResourceRef): string => `current|${type}|${id}`;
export const versionId = ({ type, id }: ResourceRef, version: number): string => `version|${type}|${id}|${version}`;
export const locatorId = ({ type, id }: ResourceRef): string => `locator|${type}|${id}`;
export const ofRef = ({ type, id }: ResourceRef): string => `${type}|${id}`;
export const headId = 'head';

export const isToken = (id: string): boolean => tokenForm.test(id);
export const isFhirId = (id: string): boolean => fhirId.test(id);

/** The patient whose compartment an id of the server's own form lies in; undefined: the id was chosen elsewhere. */
export const patientInId = ({ type, id }: ResourceRef): string | undefined =>
  type === 'Patient' ? (isToken(id) ? id : undefined) : compartmentForm.exec(id)?.[1];

/** A new id in a patient's compartment. */
export const compartmentId = (token: string, ulid: string): string => `${token}.${ulid}`;

/**
 * 26 characters in the form of a ULID, fixed by a message and an ordinal: what is made from the message twice
 * gets the same id, and the second time is recognised.
 */
export function idFromMessage(messageId: string, ordinal: number | string): string {
  const hash = createHash('sha256').update(`${messageId}\n${ordinal}`).digest();
  return Array.from(hash.subarray(0, 26), (byte) => crockford[byte % 32]).join('');
}

/** The patient's id that a reference names (`Patient/x`, with or without a version); undefined: no local Patient. */
export const patientIdOf = (reference: string): string | undefined =>
  /^Patient\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]+)?$/.exec(reference)?.[1];
