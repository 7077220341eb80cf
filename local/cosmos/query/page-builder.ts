import type { Value } from '../sql/frame.ts';
import type { Continuation } from './continuation.ts';
import { comparePositions, type Position } from './driver.ts';

/** A page of the service holds at most 4 MB. */
const maximumPage = 4 * 1024 * 1024;

/** Gathers the results of one page, and knows where the next one begins. */
export class PageBuilder {
  readonly results: string[] = [];
  readonly #size: number;
  readonly #start: Continuation;
  #bytes = 0;
  #offset: number;
  #limit: number | undefined;
  #next: Continuation | undefined;
  #done: boolean;
  #side: 'before' | 'at' | 'after' = 'after';

  /** @param size of the page, in results. @param start where the page before ended. */
  constructor(size: number, start: Continuation) {
    this.#size = size;
    this.#start = start;
    this.#offset = start.offset;
    this.#limit = start.limit;
    this.#done = start.limit === 0;
    if (start.position !== undefined) this.#side = 'at';
  }

  /** Whether the page is complete. */
  get done(): boolean {
    return this.#done;
  }

  /** Undefined: there is nothing more. */
  get next(): Continuation | undefined {
    return this.#next;
  }

  /** How many results are looked for, one for the next page included. */
  get wanted(): number {
    return this.#offset + Math.min(this.#size + 1, this.#limit ?? Number.POSITIVE_INFINITY);
  }

  /** Whether an earlier page told a candidate's results. To be asked once a candidate, in their order. */
  isBefore(candidate: Position, reverse: boolean): boolean {
    if (this.#start.position === undefined) return false;
    const order = comparePositions(candidate, this.#start.position, reverse);
    this.#side = order < 0 ? 'before' : order === 0 ? 'at' : 'after';
    return order < 0;
  }

  /** Ends the page before a candidate. */
  endAt(candidate: Position): void {
    this.#end({ position: candidate, told: 0, group: undefined });
  }

  /**
   * Takes a candidate's result, unless it was told before, is skipped, or belongs to the next page.
   * @param index among the candidate's results. @param raw the result as JSON, where it is known.
   * @returns whether the page is complete.
   */
  add(value: Value, candidate: Position | undefined, index: number, raw?: string): boolean {
    if (this.#side === 'before' || (this.#side === 'at' && index < this.#start.told)) return false;
    return this.#take(value, { position: candidate, told: index, group: undefined }, raw);
  }

  /** Takes results in the order of their names; a page begins at a name. */
  addGroups(groups: readonly { name: string; value: Value }[]): void {
    const { group } = this.#start;
    for (const { name, value } of groups) {
      if (group !== undefined && name < group) continue;
      if (this.#done || this.#take(value, { position: undefined, told: 0, group: name })) return;
    }
  }

  #take(value: Value, at: Pick<Continuation, 'position' | 'told' | 'group'>, raw?: string): boolean {
    if (value === undefined) return false;
    if (this.#offset > 0) {
      this.#offset--;
      return false;
    }
    const text = raw ?? JSON.stringify(value);
    const bytes = Buffer.byteLength(text);
    const full = this.results.length >= this.#size || this.#bytes + bytes > maximumPage;
    if (full && this.results.length > 0) {
      this.#end(at);
      return true;
    }
    this.results.push(text);
    this.#bytes += bytes;
    if (this.#limit !== undefined) this.#limit--;
    this.#done = this.#limit === 0;
    return this.#done;
  }

  #end(at: Pick<Continuation, 'position' | 'told' | 'group'>): void {
    this.#done = true;
    this.#next = { ...at, offset: this.#offset, limit: this.#limit };
  }
}
