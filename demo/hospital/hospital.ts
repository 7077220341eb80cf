import { bedName, locationOf, organizationOf } from './places.ts';
import { put, type Resource, transaction } from './resource.ts';
import { type Specialty, specialties } from './specialties.ts';

/** A trust as it is generated; nothing but name and ODS code is that of a real one. */
export interface Trust {
  readonly ods: string;
  readonly name: string;
  /** Letter that ids of the site's wards begin with, and its name. */
  readonly sites: readonly { readonly letter: string; readonly name: string }[];
}

/** Two trusts with seven sites. The wards of the seed (J09, J10, X01) are left alone: numbers begin at 11. */
export const trusts: readonly Trust[] = [
  {
    ods: 'RR8',
    name: 'Leeds Teaching Hospitals NHS Trust (demo)',
    sites: [
      { letter: 'J', name: "St James's University Hospital" },
      { letter: 'L', name: 'Leeds General Infirmary' },
      { letter: 'C', name: 'Chapel Allerton Hospital' },
      { letter: 'S', name: 'Seacroft Hospital' },
      { letter: 'W', name: 'Wharfedale Hospital' },
    ],
  },
  {
    ods: 'RXF',
    name: 'Mid Yorkshire Teaching NHS Trust (demo)',
    sites: [
      { letter: 'X', name: 'Pinderfields Hospital' },
      { letter: 'D', name: 'Dewsbury and District Hospital' },
    ],
  },
];

export interface Ward {
  readonly trust: Trust;
  /** Id of its Location. */
  readonly id: string;
  /** Id of the site's Location. */
  readonly site: string;
  readonly specialty: Specialty;
  /** Ids of the beds' Locations. */
  readonly beds: readonly string[];
}

const firstNumber = 11;
/** Four bays of six beds, and four single rooms. */
const bays = 4;
const bedsInBay = 6;
const singleRooms = 4;

const siteId = (trust: Trust, letter: string): string => `${trust.ods}-${letter}`;

/** So many wards, spread over the sites of so many trusts in turn. */
export function makeWards(trustCount: number, wardCount: number): Ward[] {
  const sites = trusts.slice(0, trustCount).flatMap((trust) => trust.sites.map(({ letter }) => ({ trust, letter })));
  return Array.from({ length: wardCount }, (_, index) => {
    const { trust, letter } = sites[index % sites.length] as (typeof sites)[number];
    const id = `${letter}${firstNumber + Math.floor(index / sites.length)}`;
    return {
      ...{ trust, id, site: siteId(trust, letter) },
      specialty: specialties[index % specialties.length] as Specialty,
      beds: Array.from({ length: bays * bedsInBay + singleRooms }, (_, bed) => bedName(id, bed)),
    };
  });
}

/** A trust and its sites, as one transaction. */
export const placesOfTrust = (trust: Trust): Resource =>
  transaction(
    [
      organizationOf(trust.ods, trust.name),
      ...trust.sites.map(({ letter, name }) =>
        locationOf(trust.ods, { id: siteId(trust, letter), name: `${name} (demo)`, type: 'si' }),
      ),
    ].map(put),
  );

/** A ward with its bays, single rooms and beds, as one transaction. */
export function placesOfWard({ trust, id, site, specialty, beds }: Ward): Resource {
  const roomOf = (index: number): { id: string; name: string } => {
    const bay = Math.floor(index / bedsInBay);
    if (bay < bays) return { id: `${id}-bay-${bay + 1}`, name: `Bay ${bay + 1}` };
    const room = index - bays * bedsInBay + 1;
    return { id: `${id}-room-${room}`, name: `Single room ${room}` };
  };
  const rooms = new Map(beds.map((_, index) => [roomOf(index).id, roomOf(index).name]));
  return transaction(
    [
      locationOf(trust.ods, { id, name: `Ward ${id}, ${specialty.name}`, type: 'wa', partOf: site }),
      ...[...rooms].map(([room, name]) => locationOf(trust.ods, { id: room, name, type: 'ro', partOf: id })),
      ...beds.map((bed, index) => locationOf(trust.ods, { id: bed, name: bed, type: 'bd', partOf: roomOf(index).id })),
    ].map(put),
  );
}
