import type { Board, BoardBed } from './board.ts';

/** A bed that two boards show differently. */
export interface BedDifference {
  readonly bed: string;
  readonly first: readonly BoardBed[];
  readonly second: readonly BoardBed[];
}

/** Where two boards of a ward differ, bed by bed. Versions and moments do not count: only what people see does. */
export function compareBoards(first: Pick<Board, 'beds'>, second: Pick<Board, 'beds'>): BedDifference[] {
  const a = Map.groupBy(first.beds, ({ bed }) => bed);
  const b = Map.groupBy(second.beds, ({ bed }) => bed);
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((bed) => {
    const difference = { bed, first: a.get(bed) ?? [], second: b.get(bed) ?? [] };
    return canonical(difference.first) === canonical(difference.second) ? [] : [difference];
  });
}

/** The same content gives the same text, whatever the order of its properties. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([x], [y]) => x.localeCompare(y)))
      : part,
  );
