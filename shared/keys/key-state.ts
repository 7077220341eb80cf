import type { Ods } from '../context.ts';

/** `data` wraps and derives, `hash` hashes search terms. */
export type DataKeyPurpose = 'data' | 'hash';

/** Which versions of a key are in use. */
export interface Versions {
  /** What new texts and terms are made with. */
  readonly write: string;
  /** Everything that may still be met, `write` among them. */
  readonly read: readonly string[];
}

/** Which keys of a trust are in use, as container `keys` holds it; missing: the first ones. */
export interface KeyState {
  readonly data: Versions;
  readonly hash: Versions;
  /** A rotation that is under way. `announced`: the new versions may be read; `switched`: they are written. */
  readonly rotation?: { readonly run: string; readonly phase: 'announced' | 'switched' };
}

export interface KeyStateDocument extends KeyState {
  readonly id: typeof stateId;
  readonly trust: Ods;
}

export const stateId = 'state';

export const firstState: KeyState = {
  data: { write: 'd1', read: ['d1'] },
  hash: { write: 'h1', read: ['h1'] },
};

/** What a version is for; undefined: no version of a key is called so. */
export function purposeOf(version: string): DataKeyPurpose | undefined {
  const [, letter] = /^([dh])[1-9]\d{0,5}$/.exec(version) ?? [];
  return letter === undefined ? undefined : letter === 'd' ? 'data' : 'hash';
}

/** Versions that are made when they are first needed; every other one is made by a rotation. */
export const isFirst = (version: string): boolean =>
  version === firstState.data.write || version === firstState.hash.write;

/**
 * The next versions may be read, nobody writes them yet. Of the data keys before, the newest alone stays readable (what it
 * signed is still about), so that a key is gone for good with the second rotation after it. A rotation that was given up
 * goes on under the new run.
 */
export function announced(state: KeyState, run: string): KeyState {
  if (state.rotation !== undefined) return { ...state, rotation: { ...state.rotation, run } };
  const { data, hash } = state;
  return {
    data: { write: data.write, read: [data.write, following(data.write)] },
    hash: { write: hash.write, read: [hash.write, following(hash.write)] },
    rotation: { run, phase: 'announced' },
  };
}

/** The next versions are written. */
export function switched(state: KeyState): KeyState {
  if (state.rotation?.phase !== 'announced') return state;
  const newest = ({ read }: Versions): Versions => ({ write: read.at(-1) ?? '', read: [...read].reverse() });
  return {
    data: newest(state.data),
    hash: newest(state.hash),
    rotation: { ...state.rotation, phase: 'switched' },
  };
}

/** Nothing is hashed with the version before any more. */
export function finished({ data, hash, rotation }: KeyState): KeyState {
  if (rotation?.phase === 'announced') throw new Error('A rotation ends after its keys were switched.');
  return { data, hash: { write: hash.write, read: [hash.write] } };
}

const following = (version: string): string => `${version[0]}${Number(version.slice(1)) + 1}`;
