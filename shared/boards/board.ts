import { restrictedBy } from '../access/index.ts';
import type { Actor } from '../context.ts';
import { type Label, labelOf, type PrivacyMode } from './label.ts';
import type { Tile } from './tile.ts';
import type { TileNews2 } from './tile-news2.ts';

/** A bed as a board shows it. */
export interface BoardBed {
  /** Id of the bed's Location. */
  readonly bed: string;
  readonly state: 'occupied' | 'empty';
  /** Id of the Encounter; not where anybody can look. */
  readonly encounter?: string;
  readonly patient?: Label;
  /** Somebody is there whose record the viewer may not open. */
  readonly restricted?: true;
  readonly news2?: TileNews2;
}

/** A ward as its board shows it. */
export interface Board {
  readonly ward: string;
  readonly version: number;
  /** RFC 3339: when the record last changed what this ward shows. */
  readonly asOf: string;
  readonly mode: PrivacyMode;
  readonly beds: readonly BoardBed[];
}

/**
 * All beds of a ward in order, empty ones too. Nobody is ever left out: two patients in one bed stand there twice, and
 * one in a bed that the ward does not have stands at the end.
 */
export function bedsShown(
  beds: readonly string[],
  tiles: readonly Tile[],
  mode: PrivacyMode,
  now: Date,
  viewer: Pick<Actor, 'id' | 'role'>,
): BoardBed[] {
  const tilesOf = Map.groupBy(tiles, ({ bed }) => bed);
  const elsewhere = [...tilesOf.keys()].filter((bed) => !beds.includes(bed)).sort();
  return [...beds, ...elsewhere].flatMap((bed): BoardBed[] => {
    const here = tilesOf.get(bed) ?? [];
    if (here.length === 0) return [{ bed, state: 'empty' }];
    return here.toSorted(bySince).map((tile) => occupied(tile, mode, now, viewer));
  });
}

function occupied(tile: Tile, mode: PrivacyMode, now: Date, viewer: Pick<Actor, 'id' | 'role'>): BoardBed {
  if (restrictedBy(viewer, tile.restrictions ?? {}) !== undefined)
    return { bed: tile.bed, state: 'occupied', restricted: true };
  return {
    bed: tile.bed,
    state: 'occupied',
    ...(mode === 'public' ? {} : { encounter: tile.encounter }),
    patient: labelOf(tile, mode, now),
    ...(tile.news2 === undefined ? {} : { news2: tile.news2 }),
  };
}

const bySince = (a: Tile, b: Tile): number => a.since.localeCompare(b.since) || a.patient.localeCompare(b.patient);
