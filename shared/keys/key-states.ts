import type { Documents } from '../azure/documents.ts';
import type { Clock, Ods } from '../context.ts';
import { readState, stateOf } from './key-documents.ts';
import type { KeyState } from './key-state.ts';

/** Milliseconds after which a process asks again which keys are in use, while it goes on with what it knows. */
const askAgainAfter = 5_000;
/** Milliseconds that a process may go by what it knows; then it waits for the answer. */
const usableFor = 10_000;
/**
 * Milliseconds after which every process goes by a state that was written: what it knew before is no longer usable, and
 * work that began with it has ended (a staged commit has 8 s).
 */
export const knownEverywhereAfter = usableFor + 10_000;

/** Which keys each trust uses now, kept for some seconds. */
export type KeyStates = (trust: Ods) => Promise<KeyState>;

export function createKeyStates({ documents, clock }: { documents: Documents; clock: Clock }): KeyStates {
  const kept = new Map<string, { readonly state: KeyState; readonly askedAt: number }>();
  const onTheWay = new Map<string, Promise<KeyState>>();

  const ask = async (trust: Ods): Promise<KeyState> => {
    // The age counts from before the asking.
    const askedAt = clock.now().getTime();
    const state = stateOf(await readState(documents, trust));
    kept.set(trust, { state, askedAt });
    return state;
  };
  const askOnce = (trust: Ods): Promise<KeyState> => {
    const known = onTheWay.get(trust);
    if (known !== undefined) return known;
    const asking = ask(trust).finally(() => onTheWay.delete(trust));
    onTheWay.set(trust, asking);
    return asking;
  };

  return async (trust) => {
    const known = kept.get(trust);
    if (known === undefined) return askOnce(trust);
    const age = clock.now().getTime() - known.askedAt;
    if (age >= usableFor) return askOnce(trust);
    // Nobody waits for it: a failure is told to whoever has to wait.
    if (age >= askAgainAfter) askOnce(trust).catch(() => undefined);
    return known.state;
  };
}
