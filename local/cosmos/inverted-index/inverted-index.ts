import { createHash } from 'node:crypto';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { JsonObject } from '../json.ts';
import type { IndexPolicy } from './index-policy.ts';
import { indexTerms, type Term } from './index-terms.ts';

/** What the index needs to know of a container. */
interface Indexed {
  readonly n: number;
  readonly index: IndexPolicy;
}

/** The index's form; a store that was written in another one is indexed anew when it is opened. */
export const indexVersion = 2;

export const indexSchema = `
CREATE TABLE IF NOT EXISTS index_terms (container INTEGER NOT NULL, path INTEGER NOT NULL, key BLOB NOT NULL,
  item INTEGER NOT NULL, PRIMARY KEY (container, path, key, item)) WITHOUT ROWID;
`;

const mostPathsKnown = 20_000;
const columns = 4;
/** Rows of one statement: a call costs as much as a row, and each number of rows is a statement that is kept. */
const rowsAtOnce = 32;

/** By number of rows. */
const insertions = Array.from(
  { length: rowsAtOnce + 1 },
  (_, rows) =>
    `INSERT OR IGNORE INTO index_terms (container, path, key, item) VALUES ${Array(rows).fill('(?, ?, ?, ?)').join()}`,
);

/**
 * The inverted index: for every container, path and value the items that have it there. Kept in the same transaction
 * as the items. What was indexed is worked out again from an item's earlier form, so that only differences are written.
 */
export class InvertedIndex {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(prepare: (sql: string) => StatementSync) {
    this.#prepare = prepare;
  }

  /**
   * Takes an item's new form instead of its earlier one.
   * @param before undefined: the item is new. @param after undefined: the item is gone.
   */
  replace({ n, index }: Indexed, row: number, before: JsonObject | undefined, after: JsonObject | undefined): void {
    const old = before === undefined ? new Map<string, Term>() : indexTerms(index, before);
    const next = after === undefined ? new Map<string, Term>() : indexTerms(index, after);
    const remove = this.#prepare('DELETE FROM index_terms WHERE container = ? AND path = ? AND key = ? AND item = ?');
    for (const [name, { path, key }] of old) if (!next.has(name)) remove.run(n, pathNumber(path), key, row);
    const values: SQLInputValue[] = [];
    for (const [name, { path, key }] of next) if (!old.has(name)) values.push(n, pathNumber(path), key, row);
    for (let start = 0; start < values.length; start += columns * rowsAtOnce) {
      const some = values.slice(start, start + columns * rowsAtOnce);
      this.#prepare(insertions[some.length / columns] ?? '').run(...some);
    }
  }

  /** Removes terms of a container, all of them or so many at most. @returns whether there may be more. */
  clear(container: number, atMost?: number): boolean {
    if (atMost === undefined) {
      this.#prepare('DELETE FROM index_terms WHERE container = ?').run(container);
      return false;
    }
    const { changes } = this.#prepare(
      `DELETE FROM index_terms WHERE (container, path, key, item) IN
        (SELECT container, path, key, item FROM index_terms WHERE container = ? LIMIT ?)`,
    ).run(container, atMost);
    return Number(changes) === atMost;
  }
}

const numbers = new Map<string, number>();

/**
 * The number a path lies under: 52 bits of its hash. Nothing has to be written down for it; should two paths of a
 * container ever share one, searches find candidates too many, which the query itself sorts out.
 */
export function pathNumber(path: string): number {
  let number = numbers.get(path);
  if (number === undefined) {
    const digest = createHash('sha256').update(path).digest();
    number = digest.readUIntBE(0, 6) * 16 + (digest.readUInt8(6) >> 4);
    if (numbers.size >= mostPathsKnown) numbers.clear();
    numbers.set(path, number);
  }
  return number;
}
