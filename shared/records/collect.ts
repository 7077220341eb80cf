import { WardlineError } from '../errors.ts';
import type { Stageable, VersionDocument } from './documents.ts';
import { promotedLately } from './promoted-lately.ts';
import type { Outcomes, Reader, Viewed } from './reader.ts';
import { covers, mergeSessions } from './session.ts';
import { viewOf } from './view.ts';

/** Several documents read one after the other, and what they hold. */
export interface Collected {
  readonly views: readonly Viewed[];
  /** Superseded versions, where they were asked for. */
  readonly versions: readonly VersionDocument[];
  readonly session: string | undefined;
}

/** One round of reading all documents of a response; a replica that lags behind `session` may not answer. */
export type Collection = (session: string | undefined) => Promise<{
  documents: Stageable[];
  versions?: VersionDocument[];
  session: string | undefined;
  /** The session that every part of the round was answered at; undefined: only the asked one is certain. */
  floor?: string;
}>;

const roundsAtMost = 20;

/**
 * Never half a transaction. Documents are read one after the other, and from replicas that may lag: one may show a
 * committed transaction while another was read before it was staged. Each transaction keeps the session token from which
 * on all that it staged is seen; a round that was answered at or after the tokens of all committed transactions it
 * shows is whole. Any other is read again, from replicas that know them. Open transactions need no care: they are read
 * after all documents, and none of them counts.
 */
export async function collect(
  reader: Pick<Reader, 'outcomesOf'>,
  now: () => number,
  run: Collection,
  session: string | undefined,
): Promise<Collected> {
  let known = session;
  for (let round = 0; round < roundsAtMost; round++) {
    const { documents, versions = [], session: answered, floor } = await run(known);
    const outcomes = await reader.outcomesOf(documents);
    const needed = sessionsShown(documents, outcomes, now());
    const certain = mergeSessions(known, floor);
    known = mergeSessions(known, answered, ...needed);
    if (needed.every((each) => covers(certain, each)))
      return { views: viewsOf(documents, outcomes), versions, session: known };
  }
  throw new WardlineError('unavailable', 'What was asked for changes too fast: try again.', { retryAfter: 1 });
}

/** The tokens of the committed transactions that the documents show. */
function sessionsShown(documents: readonly Stageable[], outcomes: Outcomes, now: number): string[] {
  const staged = [...outcomes.values()].flatMap((each) => (each?.state === 'committed' ? (each.session ?? []) : []));
  return [...staged, ...documents.flatMap((document) => promotedLately(document, now)?.session ?? [])];
}

const viewsOf = (documents: readonly Stageable[], outcomes: Outcomes): Viewed[] =>
  documents.flatMap((document) => {
    const body = viewOf(document, outcomes.get(document.next?.transaction ?? ''));
    return body === undefined ? [] : [{ document, body }];
  });
