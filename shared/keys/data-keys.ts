import { createSecretKey } from 'node:crypto';
import type { Documents } from '../azure/documents.ts';
import type { Vault } from '../azure/vault.ts';
import type { Clock, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { trustKeyName } from '../topology.ts';
import type { SealKey } from './seal.ts';

/** A trust's data key as container `keys` holds it. */
interface DataKeyDocument {
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

/** `data` wraps and derives, `hash` hashes search terms: they change at different times. */
export type DataKeyPurpose = 'data' | 'hash';

export interface DataKeys {
  /** Made on first use of the trust. @throws WardlineError `unavailable` without the vault */
  byVersion(trust: Ods, version: string): Promise<SealKey>;
  /** The version that new texts use. */
  current(purpose: DataKeyPurpose): string;
  known(version: string): boolean;
}

const freshFor = 60 * 60_000;
const usableFor = 4 * 60 * 60_000;
/** While the vault is down, a stale key is used this long before the vault is asked again. */
const askAgainAfter = 30_000;

const purposes: Readonly<Record<string, DataKeyPurpose>> = { d1: 'data', h1: 'hash' };
const newest: Readonly<Record<DataKeyPurpose, string>> = { data: 'd1', hash: 'h1' };

interface Held {
  readonly key: SealKey;
  /** Epoch milliseconds of the last answer of the vault. */
  readonly unwrappedAt: number;
  askedAt: number;
}

export function createDataKeys(deps: {
  documents: Documents;
  vault: Vault;
  clock: Clock;
  random: (size: number) => Uint8Array;
}): DataKeys {
  const held = new Map<string, Held>();
  const onTheWay = new Map<string, Promise<SealKey>>();
  const now = (): number => deps.clock.now().getTime();

  const fetchKey = async (trust: Ods, version: string, name: string): Promise<SealKey> => {
    const before = held.get(name);
    try {
      const document = await findOrCreate(deps, trust, version);
      const bytes = await deps.vault.unwrap(document.kid, Buffer.from(document.wrapped, 'base64'));
      const key = { version, secret: createSecretKey(bytes) };
      held.set(name, { key, unwrappedAt: now(), askedAt: now() });
      return key;
    } catch (cause) {
      if (before === undefined || now() - before.unwrappedAt >= usableFor) {
        throw new WardlineError('unavailable', "The trust's keys cannot be opened now.", { cause, retryAfter: 5 });
      }
      before.askedAt = now();
      return before.key;
    }
  };

  return {
    current: (purpose) => newest[purpose],
    known: (version) => purposes[version] === 'data',
    async byVersion(trust, version) {
      const name = `${trust}|${version}`;
      const have = held.get(name);
      if (have !== undefined) {
        const fresh = now() - have.unwrappedAt < freshFor;
        if (fresh || (now() - have.unwrappedAt < usableFor && now() - have.askedAt < askAgainAfter)) return have.key;
      }
      let work = onTheWay.get(name);
      if (work === undefined) {
        work = fetchKey(trust, version, name).finally(() => onTheWay.delete(name));
        onTheWay.set(name, work);
      }
      return work;
    },
  };
}

/** Of two processes that make a trust's first key at once one creates the document, the other takes what it finds. */
async function findOrCreate(
  {
    documents,
    vault,
    clock,
    random,
  }: { documents: Documents; vault: Vault; clock: Clock; random(size: number): Uint8Array },
  trust: Ods,
  version: string,
): Promise<DataKeyDocument> {
  const purpose = purposes[version];
  if (purpose === undefined) throw new Error(`No data key has version ${version}`);
  const find = async (): Promise<DataKeyDocument | undefined> =>
    (await documents.readTogether<DataKeyDocument>(trust, [version]))[0]?.document;
  const found = await find();
  if (found !== undefined) return found;
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
  const theirs = await find();
  if (theirs === undefined) throw new Error(`Data key ${version} could neither be made nor found (${outcome.status})`);
  return theirs;
}
