/**
 * The lowest session token that covers both. A token is a list of `range:version#lsn…`, one a physical partition, e.g.
 * `0:-1#17,1:-1#9` (https://learn.microsoft.com/azure/cosmos-db/consistency-levels#session-consistency).
 */
export function mergeSessions(...tokens: readonly (string | undefined)[]): string | undefined {
  const ranges = rangesOf(...tokens);
  return ranges.size === 0 ? undefined : [...ranges].map(([range, vector]) => `${range}:${vector}`).join(',');
}

/** Whether whoever answered at `have` or later knew all of `need`. */
export function covers(have: string | undefined, need: string): boolean {
  const ranges = rangesOf(have);
  return [...rangesOf(need)].every(([range, vector]) => {
    const known = ranges.get(range);
    return known !== undefined && lsnOf(known) >= lsnOf(vector);
  });
}

function rangesOf(...tokens: readonly (string | undefined)[]): Map<string, string> {
  const ranges = new Map<string, string>();
  for (const token of tokens.flatMap((each) => each?.split(',') ?? [])) {
    const colon = token.indexOf(':');
    if (colon < 1) continue;
    const range = token.slice(0, colon);
    const before = ranges.get(range);
    const vector = token.slice(colon + 1);
    if (before === undefined || lsnOf(vector) > lsnOf(before)) ranges.set(range, vector);
  }
  return ranges;
}

/** `version#globalLsn#region=lsn…` */
const lsnOf = (vector: string): number => Number(vector.split('#')[1] ?? 0);
