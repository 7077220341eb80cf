import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { Keyring } from '../keys/index.ts';
import type { PointerBody } from './documents.ts';
import type { WorkingHead } from './heads.ts';
import { type Pointer, type Pointers, pointersTo } from './identity.ts';
import type { Target } from './place.ts';
import type { ChangePlan } from './planned.ts';
import type { Settling } from './settle.ts';
import { takeSnapshot } from './snapshot.ts';
import { termsOf } from './terms.ts';
import type { Write } from './write.ts';

/**
 * The claim and look-up of a Patient that is created, changes its identity or goes; nothing where it stays the same.
 * @param careful looks at what stands there although it should be free
 * @throws WardlineError `duplicate` when another patient of the trust has the NHS number, without naming it
 */
export async function pointerWrites(
  deps: { documents: Documents; settling: Settling; keyring: Keyring },
  trust: Ods,
  target: Target,
  head: WorkingHead,
  { contentBefore, change, after }: Pick<ChangePlan, 'contentBefore' | 'change' | 'after'>,
  careful: boolean,
): Promise<Write[]> {
  const patient = { token: head.token, id: target.ref.id };
  const old =
    contentBefore === undefined
      ? nothing
      : await pointersTo(
          deps.keyring,
          trust,
          { ...patient, resource: contentBefore.resource },
          await termsOf(deps.keyring, trust, contentBefore.resource),
        );
  const wanted =
    change.resource === undefined
      ? nothing
      : await pointersTo(deps.keyring, trust, { ...patient, resource: change.resource }, after);
  if (JSON.stringify(old) === JSON.stringify(wanted)) return [];
  return differences(deps, trust, head.token, old.possible, wanted.present, careful || old.present.length > 0);
}

const nothing: Pointers = { present: [], possible: [] };

/**
 * Writes that turn the pointers of a patient that may stand somewhere into the wanted ones.
 * @param look whether to read what stands there @throws WardlineError `duplicate`
 */
export async function differences(
  deps: { documents: Documents; settling: Settling },
  trust: Ods,
  token: string,
  old: readonly Pointer[],
  wanted: readonly Pointer[],
  look: boolean,
): Promise<Write[]> {
  const ids = new Map<string, Set<string>>();
  for (const { partition, id } of [...old, ...wanted]) ids.set(partition, (ids.get(partition) ?? new Set()).add(id));
  const snapshot = look ? await takeSnapshot(deps, ids) : undefined;
  const found = ({ partition, id, body }: Pointer) => snapshot?.find(body.kind, partition, id);
  const writes: Write[] = [];
  for (const pointer of wanted) {
    const before = found(pointer);
    if (before !== undefined && before.document.of !== token) {
      throw new WardlineError(
        'duplicate',
        'Another patient of this trust has the same NHS number. If both are one person, who may merge patients decides: Patient/$merge.',
        {
          expression: 'Patient.identifier',
        },
      );
    }
    if (before !== undefined && stands(before.document, pointer.body)) continue;
    const { partition, id, body } = pointer;
    writes.push({ partition, trust, id, ...(before === undefined ? {} : { before }), after: body });
  }
  const kept = new Set(wanted.map(({ partition, id }) => `${partition}\n${id}`));
  for (const pointer of old) {
    const before = found(pointer);
    if (before === undefined || kept.has(`${pointer.partition}\n${pointer.id}`)) continue;
    if (before.document.of === token) writes.push({ partition: pointer.partition, trust, id: pointer.id, before });
  }
  return writes;
}

/** A claim says nothing but whose it is. */
const stands = (before: PointerBody, wanted: PointerBody): boolean =>
  wanted.kind === 'claim' ||
  (before.resource === wanted.resource &&
    JSON.stringify([before.search, before.dates]) === JSON.stringify([wanted.search, wanted.dates]));
