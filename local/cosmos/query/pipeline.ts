import { createHash } from 'node:crypto';
import { canonical } from '../json.ts';
import type { Stage } from '../sql/compile-query.ts';
import type { Frame, Value } from '../sql/frame.ts';
import { Groups } from '../sql/groups.ts';

/** Takes a result; answers true to stop. */
type Emit = (value: Value) => boolean;

/** One run of a query: documents go in one by one, results come out. */
export interface Pipeline {
  /** Whether results come only when all documents are in. */
  readonly blocking: boolean;
  /** Whether what came out before decides what comes out (DISTINCT), so that a later page begins at the beginning. */
  readonly remembers: boolean;
  feed(document: Value, emit: Emit): boolean;
  /** Results that waited for the last document, each with a name that no other has; in the order of the names. */
  finish(): { name: string; value: Value }[];
}

export function createPipeline(stage: Stage, context: Omit<Frame, 'slots'>): Pipeline {
  const input = stage.input === undefined ? undefined : createPipeline(stage.input, context);
  const frame: Frame = { ...context, slots: new Array<Value>(stage.slots) };
  const groups = stage.grouping === undefined ? undefined : new Groups(stage.grouping);
  const seen = stage.distinct ? new Seen() : undefined;

  const select = (emit: Emit): boolean => {
    const value = stage.select(frame);
    return value !== undefined && seen?.has(value) !== true && emit(value);
  };
  const own = (document: Value, emit: Emit): boolean => {
    frame.slots[0] = document;
    return stage.rows(frame, () => {
      if (groups === undefined) return select(emit);
      groups.add(frame);
      return false;
    });
  };

  return {
    blocking: groups !== undefined || input?.blocking === true,
    remembers: stage.distinct || input?.remembers === true,
    feed: (document, emit) =>
      input === undefined ? own(document, emit) : input.feed(document, (value) => own(value, emit)),
    finish() {
      const results: { name: string; value: Value }[] = [];
      const waiting = input?.blocking === true ? input.finish() : [];
      for (const { value, name } of waiting) {
        let part = 0;
        own(value, (made) => {
          results.push({ name: `${name}.${String(part++).padStart(6, '0')}`, value: made });
          return false;
        });
      }
      for (const group of groups?.values() ?? []) {
        const value = group.result(frame, stage.select);
        if (value !== undefined && seen?.has(value) !== true) results.push({ name: shortened(group.key), value });
      }
      return results.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

const shortened = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 32);

/** Results that came already; long ones by their hash, so that memory holds no documents. */
class Seen {
  readonly #keys = new Set<string>();

  /** Whether an equal value came before; if not, it has come now. */
  has(value: Value): boolean {
    const text = canonical(value);
    const key = text.length > 32 ? shortened(text) : text;
    if (this.#keys.has(key)) return true;
    this.#keys.add(key);
    return false;
  }
}
