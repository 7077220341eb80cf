import type { Ods } from '../context.ts';

/** A ward's head: its version, and the beds it has. */
export interface BoardHead {
  readonly id: 'head';
  readonly partition: string;
  readonly kind: 'head';
  readonly trust: Ods;
  readonly ward: string;
  readonly version: number;
  /** RFC 3339: when the record last told of this ward. */
  readonly asOf: string;
  readonly beds: readonly string[];
}

/** A patient's tile on a ward, sealed with the trust's boards key. */
export interface TileDocument {
  readonly id: string;
  readonly partition: string;
  readonly kind: 'tile' | 'past-tile';
  readonly ward: string;
  readonly patient: string;
  readonly sealed: string;
  /** Epoch milliseconds from which it was shown; `to` on superseded ones. */
  readonly from: number;
  readonly to?: number;
  /** Seconds. */
  readonly ttl?: number;
}

/** Names the ward that shows a patient. */
export interface PlacementDocument {
  readonly id: string;
  readonly partition: string;
  readonly kind: 'placement';
  /** undefined: on no ward. */
  readonly ward?: string;
}

export const wardPartition = (trust: Ods, ward: string): string => `${trust}|${ward}`;
export const placementPartition = (trust: Ods, patient: string): string => `${trust}|placements|${patient.slice(0, 2)}`;
export const tileId = (patient: string): string => `tile|${patient}`;
/** Group of the hints about a ward. */
export const wardGroup = (trust: Ods, ward: string): string => `ward:${trust}:${ward}`;
/** Superseded tiles answer "what did the board show at 03:12" for 90 days. */
export const pastTileLifetime = 90 * 24 * 3600;
