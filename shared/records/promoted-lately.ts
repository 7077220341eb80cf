import type { Promoted, Stageable } from './documents.ts';

/** Milliseconds after which no replica shows the time before a promotion any more. */
const lately = 10_000;

/** The mark of a transaction that a lagging replica may not show whole yet. */
export function promotedLately(document: Stageable | undefined, now: number): Promoted | undefined {
  if (document?.kind !== 'current' || document.promoted === undefined) return undefined;
  return now - document.promoted.at < lately ? document.promoted : undefined;
}
