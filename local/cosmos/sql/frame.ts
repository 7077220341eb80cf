import type { Json } from '../json.ts';

/** A JSON value, or nothing: what Cosmos SQL calls undefined. */
export type Value = Json | undefined;

/** What a compiled query works on: one slot a name, filled while rows are gone through. */
export interface Frame {
  readonly slots: Value[];
  readonly parameters: ReadonlyMap<string, Value>;
  /** Milliseconds since 1970; one moment for the whole request. */
  readonly now: number;
  readonly random: () => number;
  /** Calls a user-defined function; undefined: there are none where the query runs. */
  readonly callUser?: ((name: string, parameters: readonly Value[]) => Value) | undefined;
}

export type Evaluate = (frame: Frame) => Value;

/** Calls `emit` once a row, with the row in the frame's slots, until it answers true. @returns whether it did. */
export type Rows = (frame: Frame, emit: () => boolean) => boolean;

/** Calls `emit` with every result until it answers true. @returns whether it did. */
export type Results = (frame: Frame, emit: (value: Value) => boolean) => boolean;
