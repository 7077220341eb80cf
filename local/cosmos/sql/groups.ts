import { canonical } from '../json.ts';
import type { Accumulator } from './aggregates.ts';
import type { Evaluate, Frame, Value } from './frame.ts';

/** GROUP BY, or the one group of a query with aggregates: `select` works on slots that the group fills. */
export interface Grouping {
  readonly keys: readonly { readonly slot: number; readonly of: Evaluate }[];
  readonly aggregates: readonly { readonly slot: number; readonly of: Evaluate; readonly make: () => Accumulator }[];
}

interface Group {
  /** The group's key as text; equal keys have equal texts. */
  readonly key: string;
  result(frame: Frame, select: Evaluate): Value;
}

/** The groups of one run: their keys and running aggregates, never their rows. */
export class Groups {
  readonly #grouping: Grouping;
  readonly #groups = new Map<string, { values: Value[]; accumulators: Accumulator[] }>();

  constructor(grouping: Grouping) {
    this.#grouping = grouping;
    // Aggregates without GROUP BY have one group, even of nothing.
    if (grouping.keys.length === 0) this.#open('', []);
  }

  /** Takes the row that lies in the frame. */
  add(frame: Frame): void {
    const values = this.#grouping.keys.map(({ of }) => of(frame));
    const key = values.map(canonical).join();
    const group = this.#groups.get(key) ?? this.#open(key, values);
    for (const [index, { of }] of this.#grouping.aggregates.entries()) group.accumulators[index]?.add(of(frame));
  }

  values(): Group[] {
    return [...this.#groups].map(([key, { values, accumulators }]) => ({
      key,
      result: (frame, select) => {
        for (const [index, { slot }] of this.#grouping.keys.entries()) frame.slots[slot] = values[index];
        for (const [index, { slot }] of this.#grouping.aggregates.entries())
          frame.slots[slot] = accumulators[index]?.result();
        return select(frame);
      },
    }));
  }

  #open(key: string, values: Value[]): { values: Value[]; accumulators: Accumulator[] } {
    const group = { values, accumulators: this.#grouping.aggregates.map(({ make }) => make()) };
    this.#groups.set(key, group);
    return group;
  }
}
