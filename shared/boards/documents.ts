import type { Ods } from '../context.ts';

/** A ward's head: its version, its beds, and who lies there. Changed by patches in the batch that changes a tile. */
export interface BoardHead {
  readonly id: 'head';
  readonly partition: string;
  readonly kind: 'head';
  readonly trust: Ods;
  readonly ward: string;
  /** Rises by one with everything that the board shows. */
  readonly version: number;
  /** RFC 3339: when the record last changed what this ward shows. */
  readonly asOf: string;
  /** Ids of the beds' Locations, in order; undefined: to be asked of the record anew. */
  readonly beds?: readonly string[];
  /** Tokens of the patients who have a tile here. */
  readonly patients: Readonly<Record<string, true>>;
}

interface AboutPatient {
  readonly id: string;
  readonly partition: string;
  readonly ward: string;
  /** Token. */
  readonly patient: string;
  /** Epoch milliseconds from which it was so. */
  readonly from: number;
}

/** A patient's tile on a ward, sealed with the trust's boards key. */
export interface TileDocument extends AboutPatient {
  readonly kind: 'tile';
  readonly sealed: string;
}

/** What a tile was until it changed. */
export interface PastTileDocument extends AboutPatient {
  readonly kind: 'past-tile';
  readonly sealed: string;
  readonly to: number;
  /** Seconds. */
  readonly ttl: number;
}

/**
 * Says that the ward shows no such patient. It stands where the tile would stand, so that a projector who read the
 * record long ago cannot put the patient back: its create finds this document.
 */
export interface NoTileDocument extends AboutPatient {
  readonly kind: 'no-tile';
  /** Seconds. */
  readonly ttl: number;
}

/** Names every ward that may show a patient; more than one only while the patient moves. */
export interface PlacementDocument {
  readonly id: string;
  readonly partition: string;
  readonly kind: 'placement';
  readonly wards: readonly string[];
}

export const wardPartition = (trust: Ods, ward: string): string => `${trust}|${ward}`;
export const placementPartition = (trust: Ods, patient: string): string => `${trust}|placements|${patient.slice(0, 2)}`;
export const tileId = (patient: string): string => `tile|${patient}`;
/** What a sealed tile is bound to. */
export const tilePlace = (partition: string, patient: string): string => `${partition}|${tileId(patient)}`;
/** Group of the hints about a ward. */
export const wardGroup = (trust: Ods, ward: string): string => `ward:${trust}:${ward}`;
/** Superseded tiles answer "what did the board show at 03:12" for 90 days. Seconds. */
export const pastTileLifetime = 90 * 24 * 3600;
/** Longer than any projector can be asleep between its reading and its write. Seconds. */
export const noTileLifetime = 24 * 3600;
