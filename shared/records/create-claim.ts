import type { Ods } from '../context.ts';
import type { Keyring } from '../keys/index.ts';
import type { PointerBody } from './documents.ts';
import { partitionOf } from './partition.ts';
import type { Target } from './place.ts';
import type { CreateClaim, ResourceRef } from './records.ts';
import type { Snapshot } from './snapshot.ts';
import type { Write } from './write.ts';

/** Seconds that a create's claim stands: long enough for every repetition of a request, and for searches to know. */
const lifetime = 600;

/** Another create with the same criteria came first; `ref` is what it made. */
export class AlreadyCreated extends Error {
  override readonly name = 'AlreadyCreated';
  readonly criteria: string;
  readonly ref: ResourceRef;

  constructor(criteria: string, ref: ResourceRef) {
    super('Another create with the same criteria came first.');
    this.criteria = criteria;
    this.ref = ref;
  }
}

/** Where the claim of a create lies. */
export interface Claim {
  readonly partition: string;
  readonly id: string;
  readonly ref: ResourceRef;
  readonly wanted: CreateClaim;
}

/**
 * The claims of creates that say If-None-Exist. What is made in the compartment of a patient who is there already is
 * claimed there, in the same batch; anything else in the bucket that the criteria's hash gives.
 */
export async function claimsOf(keyring: Keyring, trust: Ods, targets: readonly Target[]): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (const { change, ref, partition, patient, newPatient } of targets) {
    if (change.kind !== 'create' || change.claim === undefined) continue;
    const inCompartment = patient !== undefined && !newPatient;
    // While the hash key is changed, under both keys: a process that knows one of them only meets it.
    for (const hash of await keyring.hashes(trust, `claim|if-none-exist|${ref.type}|${change.claim.criteria}`)) {
      claims.push({
        partition: inCompartment ? partition : partitionOf(trust, { lookup: hash }),
        id: `claim|if-none-exist|${hash}`,
        ref,
        wanted: change.claim,
      });
    }
  }
  return claims;
}

/** @throws AlreadyCreated */
export function claimWrite(trust: Ods, { partition, id, ref, wanted }: Claim, snapshot: Snapshot): Write {
  const before = snapshot.find<PointerBody['kind']>('claim', partition, id);
  if (before !== undefined && before.document.resource !== wanted.over)
    throw new AlreadyCreated(wanted.criteria, { type: ref.type, id: before.document.resource });
  return {
    partition,
    trust,
    id,
    ...(before === undefined ? {} : { before }),
    after: { kind: 'claim', of: ref.type, resource: ref.id, search: [], dates: [], ttl: lifetime },
  };
}
