import type { Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { trustKeyName } from '../topology.ts';
import { findKey, findOrMakeKey, type KeyDocumentDependencies, readState, stateOf } from './key-documents.ts';
import { announced, finished, type KeyState, type KeyStateDocument, stateId, switched } from './key-state.ts';
import { knownEverywhereAfter } from './key-states.ts';

/**
 * The steps of a rotation of a trust's keys. Each may be done twice; between two of them every process has to have learned
 * of the first ({@link KeyRotation.settleTime}).
 */
export interface KeyRotation {
  /** Milliseconds to wait after each step. */
  readonly settleTime: number;
  /** Makes the next data keys, and wraps all that are kept with the newest version of the trust's Key Vault key. */
  announce(trust: Ods, run: string): Promise<void>;
  /** From now on the next keys are used. */
  switchOver(trust: Ods): Promise<void>;
  /** The hash key before is asked no more. */
  finish(trust: Ods): Promise<void>;
  /** Destroys the data keys that nobody reads with any more. @returns their versions */
  destroyUnread(trust: Ods): Promise<readonly string[]>;
}

const triesAtMost = 10;

export function createKeyRotation(deps: KeyDocumentDependencies): KeyRotation {
  const { documents } = deps;

  const change = async (trust: Ods, next: (state: KeyState) => KeyState): Promise<KeyState> => {
    for (let attempt = 0; attempt < triesAtMost; attempt++) {
      const stored = await readState(documents, trust);
      const before = stateOf(stored);
      const after = next(before);
      if (JSON.stringify(after) === JSON.stringify(before)) return after;
      const document: KeyStateDocument = { id: stateId, trust, ...after };
      const outcome = await documents.batch(trust, [
        stored === undefined
          ? { op: 'create', document }
          : { op: 'replace', id: stateId, document, ifMatch: stored.etag },
      ]);
      if (outcome.ok) return after;
    }
    throw new WardlineError('unavailable', "The trust's keys are being changed by others.", { retryAfter: 1 });
  };

  return {
    settleTime: knownEverywhereAfter,
    async announce(trust, run) {
      // The keys are there before anybody is told of them, the first ones too: an empty trust may never have needed any.
      const { data, hash } = announced(stateOf(await readState(documents, trust)), run);
      for (const version of [...data.read, ...hash.read]) {
        await findOrMakeKey(deps, trust, version);
        await wrapAnew(deps, trust, version);
      }
      await change(trust, (state) => announced(state, run));
    },
    async switchOver(trust) {
      await change(trust, switched);
    },
    async finish(trust) {
      await change(trust, finished);
    },
    async destroyUnread(trust) {
      const { data, hash } = stateOf(await readState(documents, trust));
      const kept = new Set<string>([stateId, ...data.read, ...hash.read]);
      const { items } = await documents.query<string>('SELECT VALUE c.id FROM c', {}, { partition: trust });
      const unread = items.filter((id) => !kept.has(id));
      for (const id of unread) await documents.batch(trust, [{ op: 'delete', id }]);
      return unread;
    },
  };
}

/** The same key in a wrapping of the newest version of the vault's key, so that older ones may be disabled. */
async function wrapAnew({ documents, vault }: KeyDocumentDependencies, trust: Ods, version: string): Promise<void> {
  const found = await findKey(documents, trust, version);
  if (found === undefined) throw new Error(`Data key ${version} is gone`);
  const { document, etag } = found;
  const bytes = await vault.unwrap(document.kid, Buffer.from(document.wrapped, 'base64'));
  const { kid, wrapped } = await vault.wrap(trustKeyName(trust), bytes);
  if (kid === document.kid) return;
  await documents.batch(trust, [
    {
      op: 'replace',
      id: version,
      document: { ...document, kid, wrapped: Buffer.from(wrapped).toString('base64') },
      ifMatch: etag,
    },
  ]);
}
