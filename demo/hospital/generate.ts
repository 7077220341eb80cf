import { testNhsNumber, testNhsNumbers } from '../nhs-numbers.ts';
import { randomFrom } from '../random.ts';
import { admissionOf } from './admission.ts';
import { makeWards, placesOfTrust, placesOfWard, trusts } from './hospital.ts';
import type { Resource } from './resource.ts';
import { staffOf } from './staff.ts';

/** What to generate. The same wishes give the same hospital, byte for byte. */
export interface Wishes {
  readonly trusts: number;
  readonly wards: number;
  readonly patients: number;
  readonly seed: number;
  /** The moment that stays are counted from. */
  readonly now: Date;
}

/** A transaction of one trust: of its places and staff, or of one of its patients. */
export interface Generated {
  /** ODS code. */
  readonly trust: string;
  readonly about: 'reference' | 'patients';
  readonly bundle: Resource;
}

/** Of a hundred beds. */
const occupied = 85;
/** The people of the seed have others. */
const numbersFrom = 4;

export const limits = { trusts: trusts.length, wards: 600, patients: testNhsNumbers } as const;

/** Trusts, sites, wards, bays and beds, who works there, and patients: in beds as long as there are any, then gone home. */
export function* generate({ trusts: trustCount, wards: wardCount, patients, seed, now }: Wishes): Generator<Generated> {
  const random = randomFrom(seed);
  const wards = makeWards(trustCount, wardCount);
  for (const trust of trusts.slice(0, trustCount))
    yield { trust: trust.ods, about: 'reference', bundle: placesOfTrust(trust) };
  for (const [index, ward] of wards.entries()) {
    const { ods } = ward.trust;
    yield { trust: ods, about: 'reference', bundle: placesOfWard(ward) };
    yield { trust: ods, about: 'reference', bundle: staffOf(random, ward, index) };
  }
  // Bed by bed through all wards, so that few patients are spread over many of them.
  const beds = (wards[0]?.beds ?? [])
    .flatMap((_, bed) => wards.map((ward) => ({ ward, bed: ward.beds[bed] })))
    .filter(() => random.below(100) < occupied);
  for (let index = 0; index < patients; index++) {
    const place = beds[index] ?? { ward: random.pick(wards), bed: undefined };
    const bundle = admissionOf(random, { ...place, nhsNumber: testNhsNumber(index, numbersFrom), now });
    yield { trust: place.ward.trust.ods, about: 'patients', bundle };
  }
}
