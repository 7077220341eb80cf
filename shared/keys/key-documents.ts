import { createSecretKey } from 'node:crypto';
import type { Documents, Stored } from '../azure/documents.ts';
import type { Vault } from '../azure/vault.ts';
import type { Clock, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { trustKeyName } from '../topology.ts';
import {
  type DataKeyPurpose,
  firstState,
  isFirst,
  type KeyState,
  type KeyStateDocument,
  purposeOf,
  stateId,
} from './key-state.ts';
import type { SealKey } from './seal.ts';

/** A trust's data key as container `keys` holds it. */
export interface DataKeyDocument {
  /** The key's version, e.g. `d1`. */
  readonly id: string;
  readonly trust: Ods;
  readonly purpose: DataKeyPurpose;
  /** The Key Vault key version that wrapped it. */
  readonly kid: string;
  /** base64 */
  readonly wrapped: string;
  readonly created: string;
}

export interface KeyDocumentDependencies {
  readonly documents: Documents;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: (size: number) => Uint8Array;
}

/** From the primary replica, so that no answer is older than the asking. */
export async function readState(documents: Documents, trust: Ods): Promise<Stored<KeyStateDocument> | undefined> {
  return (await documents.readTogether<KeyStateDocument>(trust, [stateId]))[0];
}

/** The state without what only the store knows. */
export const stateOf = (stored: Stored<KeyStateDocument> | undefined): KeyState => {
  if (stored === undefined) return firstState;
  const { data, hash, rotation } = stored.document;
  return { data, hash, ...(rotation === undefined ? {} : { rotation }) };
};

export async function findKey(
  documents: Documents,
  trust: Ods,
  version: string,
): Promise<Stored<DataKeyDocument> | undefined> {
  return (await documents.readTogether<DataKeyDocument>(trust, [version]))[0];
}

/**
 * A data key, out of its wrapping. A trust's first one is made when it is needed.
 * @throws WardlineError `internal` for a version that was destroyed, or never was
 */
export async function openKey(deps: KeyDocumentDependencies, trust: Ods, version: string): Promise<SealKey> {
  const found =
    (await findKey(deps.documents, trust, version))?.document ??
    (isFirst(version) ? await makeFirst(deps, trust, version) : undefined);
  if (found === undefined) throw new WardlineError('internal', `No data key has version ${version}.`);
  const bytes = await deps.vault.unwrap(found.kid, Buffer.from(found.wrapped, 'base64'));
  return { version, secret: createSecretKey(bytes) };
}

/** After a first rotation a first key that is missing was destroyed: another in its place would open nothing. */
async function makeFirst(
  deps: KeyDocumentDependencies,
  trust: Ods,
  version: string,
): Promise<DataKeyDocument | undefined> {
  return (await readState(deps.documents, trust)) === undefined ? findOrMakeKey(deps, trust, version) : undefined;
}

/** Of two processes that make the same key at once one creates the document, the other takes what it finds. */
export async function findOrMakeKey(
  { documents, vault, clock, random }: KeyDocumentDependencies,
  trust: Ods,
  version: string,
): Promise<DataKeyDocument> {
  const purpose = purposeOf(version);
  if (purpose === undefined) throw new Error(`No data key has version ${version}`);
  const found = await findKey(documents, trust, version);
  if (found !== undefined) return found.document;
  const { kid, wrapped } = await vault.wrap(trustKeyName(trust), random(32));
  const made: DataKeyDocument = {
    id: version,
    trust,
    purpose,
    kid,
    wrapped: Buffer.from(wrapped).toString('base64'),
    created: clock.now().toISOString(),
  };
  const outcome = await documents.batch(trust, [{ op: 'create', document: made }]);
  if (outcome.ok) return made;
  const theirs = await findKey(documents, trust, version);
  if (theirs === undefined) throw new Error(`Data key ${version} could neither be made nor found (${outcome.status})`);
  return theirs.document;
}
