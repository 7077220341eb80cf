import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';

/** Ids of entries that answered requests must have, as one process noted them in an hour. */
export interface AnsweredDocument {
  readonly id: string;
  readonly partition: string;
  readonly kind: 'answered';
  readonly entries: readonly string[];
}

/** Notes what was answered, apart from the trail, so that the trail can be held to it. */
export interface Answered {
  /** @param entry id of the entry that the answer must have. @param at when the request was received */
  note(trust: Ods, entry: string, at: Date): void;
  /** Writes what was noted so far. */
  flush(): Promise<void>;
}

/** Milliseconds that a note waits at most: what a process noted that dies before is not proved. */
const writeAfter = 5_000;
/** Ids of one document. */
const mostTogether = 1_000;

/** Partition of an hour (`2026-11-25T23`) of a trust. */
export const answeredPartition = (trust: Ods, hour: string): string => `${trust}|answered|${hour}`;
export const hourOf = (at: Date): string => at.toISOString().slice(0, 13);

/**
 * @param ulid makes ids of documents
 */
export function createAnswered(documents: () => Documents, ulid: () => string): Answered {
  let noted = new Map<string, Set<string>>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const taken = noted;
    noted = new Map();
    for (const [partition, all] of taken) {
      const entries = [...all];
      for (let start = 0; start < entries.length; start += mostTogether) {
        const document: AnsweredDocument = {
          id: `answered|${ulid()}`,
          partition,
          kind: 'answered',
          entries: entries.slice(start, start + mostTogether),
        };
        await documents().batch(partition, [{ op: 'create', document }]);
      }
    }
  };
  return {
    flush,
    note(trust, entry, at) {
      const partition = answeredPartition(trust, hourOf(at));
      const entries = noted.get(partition) ?? new Set();
      noted.set(partition, entries.add(entry));
      // A store that is away leaves a request unproved, never unanswered.
      timer ??= setTimeout(() => void flush().catch(() => {}), writeAfter).unref();
    },
  };
}
