import type { Ods } from '../context.ts';
import { hasCode, WardlineError } from '../errors.ts';
import { type KeyDocumentDependencies, openKey } from './key-documents.ts';
import type { KeyState } from './key-state.ts';
import { createKeyStates } from './key-states.ts';
import type { SealKey } from './seal.ts';

export interface DataKeys {
  /** Made on first use of the trust. @throws WardlineError `unavailable` without the vault */
  byVersion(trust: Ods, version: string): Promise<SealKey>;
  /** Which versions are in use. */
  state(trust: Ods): Promise<KeyState>;
}

const freshFor = 60 * 60_000;
const usableFor = 4 * 60 * 60_000;
/** While the vault is down, a stale key is used this long before the vault is asked again. */
const askAgainAfter = 30_000;

interface Held {
  readonly key: SealKey;
  /** Epoch milliseconds of the last answer of the vault. */
  readonly unwrappedAt: number;
  askedAt: number;
}

export function createDataKeys(deps: KeyDocumentDependencies): DataKeys {
  const held = new Map<string, Held>();
  const onTheWay = new Map<string, Promise<SealKey>>();
  const now = (): number => deps.clock.now().getTime();

  const fetchKey = async (trust: Ods, version: string, name: string): Promise<SealKey> => {
    const before = held.get(name);
    try {
      const key = await openKey(deps, trust, version);
      held.set(name, { key, unwrappedAt: now(), askedAt: now() });
      return key;
    } catch (cause) {
      if (hasCode(cause, 'internal')) throw cause;
      if (before === undefined || now() - before.unwrappedAt >= usableFor) {
        throw new WardlineError('unavailable', "The trust's keys cannot be opened now.", { cause, retryAfter: 5 });
      }
      before.askedAt = now();
      return before.key;
    }
  };

  return {
    state: createKeyStates(deps),
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
