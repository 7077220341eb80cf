import type { Ods } from '../../context.ts';

/** What a step brought under the present keys. */
export interface Rotated {
  /** Documents that were written anew. */
  readonly changed: number;
  /** Documents that have to be looked at again: others were writing them. */
  readonly left: number;
}

/** A page of patients. `after`: the token that the next page begins after; undefined: there is none. */
export interface RotatedPatients extends Rotated {
  readonly patients: number;
  readonly after?: string;
}

/**
 * Brings the record under the present keys of its trust, step by step. Versions, times and history stay what they are; doing
 * a step twice is harmless, and writers go on meanwhile.
 */
export interface RecordRotation {
  /** Patients' keys, what they are found by, and what their resources are found by: the next patients after a token. */
  patients(trust: Ods, after: string): Promise<RotatedPatients>;
  /** Resources of a type that belong to no patient. */
  sharedOf(trust: Ods, type: string): Promise<Rotated>;
  /** Takes away claims under hash keys that are asked no more. @returns how many */
  forgetClaims(trust: Ods): Promise<number>;
}
