import { withoutSystemFields } from '../../azure/system-fields.ts';
import type { Ids, Ods } from '../../context.ts';
import type { SealKey } from '../../keys/index.ts';
import { commitStaged } from '../commit-staged.ts';
import type { HeadBody } from '../documents.ts';
import { pointersTo } from '../identity.ts';
import { currentId, headId } from '../ids.ts';
import { partitionOf } from '../partition.ts';
import { differences } from '../pointer-writes.ts';
import type { Reader } from '../reader.ts';
import { unsealContent } from '../sealing.ts';
import { takeSnapshot } from '../snapshot.ts';
import { termsOf } from '../terms.ts';
import type { Transactions } from '../transactions.ts';
import { type RewriteDependencies, rewriteStale } from './rewrite.ts';
import type { Rotated, RotatedPatients } from './rotation.ts';

export interface PatientDependencies extends RewriteDependencies {
  readonly transactions: Transactions;
  readonly reader: Reader;
  readonly ids: Ids;
  readonly step?: (name: string) => Promise<void> | void;
}

const patientsTogether = 100;
const atOnce = 4;
const triesAtMost = 5;
const stale = "c.kind = 'current' AND EXISTS(SELECT VALUE s FROM s IN c.search WHERE NOT STARTSWITH(s, @hashed))";

/** See {@link RecordRotation.patients}. */
export async function rotatePatients(deps: PatientDependencies, trust: Ods, after: string): Promise<RotatedPatients> {
  const { items, more } = await deps.documents.query<string>(
    "SELECT VALUE c.of FROM c WHERE c.kind = 'head' AND c.trust = @trust AND c.of > @after ORDER BY c.of",
    { trust, after },
    { limit: patientsTogether },
  );
  let changed = 0;
  let left = 0;
  for (let start = 0; start < items.length; start += atOnce) {
    const some = await Promise.all(
      items.slice(start, start + atOnce).map((token) => rotatePatient(deps, trust, token)),
    );
    for (const one of some) {
      changed += one.changed;
      left += one.left;
    }
  }
  const last = items.at(-1);
  return { patients: items.length, changed, left, ...(more && last !== undefined ? { after: last } : {}) };
}

async function rotatePatient(deps: PatientDependencies, trust: Ods, token: string): Promise<Rotated> {
  for (let attempt = 0; attempt < triesAtMost; attempt++) {
    const head = await wrapKeyAnew(deps, trust, token);
    if (head === 'again') continue;
    if (head === undefined) return { changed: 0, left: 0 };
    const pointers = await movePointers(deps, trust, token, head);
    if (pointers === 'again') continue;
    const partition = partitionOf(trust, { patient: token });
    const parameters = { hashed: `${await deps.keyring.hashVersion(trust)}.` };
    const resources = await rewriteStale(deps, trust, partition, { sql: stale, parameters }, head.key);
    return {
      changed: resources.changed + (head.changed ? 1 : 0) + pointers.changed,
      left: resources.left + pointers.left,
    };
  }
  return { changed: 0, left: 1 };
}

interface OpenedHead {
  readonly patientId: string;
  readonly key: SealKey;
  readonly changed: boolean;
}

/** Wraps the patient's key with the present data key. Undefined: there is no such patient. */
async function wrapKeyAnew(
  deps: PatientDependencies,
  trust: Ods,
  token: string,
): Promise<OpenedHead | 'again' | undefined> {
  const partition = partitionOf(trust, { patient: token });
  const snapshot = await takeSnapshot(deps, new Map([[partition, new Set([headId])]]));
  const found = snapshot.find('head', partition, headId);
  if (found === undefined || found.document.erased === true) return undefined;
  const { head, key } = await deps.reader.openHead({ partition, trust }, found.document);
  const opened = { patientId: head.patientId, key };
  const wrappedKey = await deps.keyring.wrapAnew(trust, head.wrappedKey);
  if (wrappedKey === undefined) return { ...opened, changed: false };
  const document: HeadBody = { ...withoutSystemFields(found.document), wrappedKey };
  const outcome = await deps.documents.batch(partition, [{ op: 'replace', id: headId, document, ifMatch: found.etag }]);
  return outcome.ok ? { ...opened, changed: true } : 'again';
}

/**
 * Puts claim and look-up where the present hash key puts them. The Patient is staged with them, as it is: whoever changes
 * its identity meanwhile comes before or after, never between.
 */
async function movePointers(
  deps: PatientDependencies,
  trust: Ods,
  token: string,
  { patientId, key }: OpenedHead,
): Promise<Rotated | 'again'> {
  const partition = partitionOf(trust, { patient: token });
  const id = currentId({ type: 'Patient', id: patientId });
  const snapshot = await takeSnapshot(deps, new Map([[partition, new Set([id])]]));
  const before = snapshot.find('current', partition, id);
  const content = before === undefined ? undefined : unsealContent(key, partition, before.document);
  if (before === undefined || content === undefined) return { changed: 0, left: 0 };
  const { resource } = content;
  const terms = await termsOf(deps.keyring, trust, resource);
  const { present, possible } = await pointersTo(deps.keyring, trust, { token, id: patientId, resource }, terms);
  const writes = await differences(deps, trust, token, possible, present, true);
  if (writes.length === 0) return { changed: 0, left: 0 };
  // The look-up before goes later: a search over replicas that lag behind one another would find neither.
  const added = writes.filter((write) => write.after !== undefined);
  const some = added.length > 0 ? added : writes;
  const after = withoutSystemFields(before.document);
  const outcome = await commitStaged(
    deps,
    { writes: [{ partition, trust, id, before, after }, ...some], changes: [] },
    { trust, traceparent: '', ulid: deps.ids.ulid(), messageId: undefined, step: deps.step },
  );
  return outcome.kind === 'again' ? 'again' : { changed: some.length, left: writes.length - some.length };
}
