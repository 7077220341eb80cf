import { setTimeout as sleep } from 'node:timers/promises';
import { WardlineError } from '../errors.ts';
import type { Stageable } from './documents.ts';
import type { Outcomes, Reader, Viewed } from './reader.ts';
import { mergeSessions } from './session.ts';
import { viewOf } from './view.ts';

/** Several documents read one after the other, and what they hold. */
export interface Collected {
  readonly views: readonly Viewed[];
  readonly outcomes: Outcomes;
  readonly session: string | undefined;
}

/** Reads all documents of a response; a replica that lags behind `session` may not answer. */
export type Collection = (
  session: string | undefined,
) => Promise<{ documents: Stageable[]; session: string | undefined }>;

const roundsAtMost = 12;
/** Milliseconds after which nobody reads the time before a promotion any more. */
const promotedLately = 10_000;

/**
 * Never half a transaction: where one document of a response is staged, or was promoted lately, all are collected
 * again until two collections agree, and from replicas that know what the transactions met have staged.
 */
export async function collect(
  { reader, now }: { reader: Reader; now: () => number },
  run: Collection,
  session: string | undefined,
): Promise<Collected> {
  let before: string | undefined;
  let known = session;
  for (let round = 0; round < roundsAtMost; round++) {
    if (round > 2) await sleep(5 * round);
    const collection = await run(known);
    const outcomes = await reader.outcomesOf(collection.documents);
    const views = collection.documents.flatMap((document) => {
      const body = viewOf(document, outcomes.get(document.next?.transaction ?? ''));
      return body === undefined ? [] : [{ document, body }];
    });
    known = mergeSessions(known, collection.session, ...[...outcomes.values()].map((each) => each?.session));
    const collected = { views, outcomes, session: known };
    if (!collection.documents.some((document) => isMoving(document, now()))) return collected;
    const seen = fingerprint(views);
    if (seen === before) return collected;
    before = seen;
  }
  throw new WardlineError('unavailable', 'What was asked for changes too fast: try again.', { retryAfter: 1 });
}

const isMoving = (document: Stageable, now: number): boolean =>
  document.next !== undefined ||
  (document.kind === 'current' && document.promoted !== undefined && now - document.promoted.at < promotedLately);

/** Which version each document shows, whichever way it is stored. */
const fingerprint = (views: readonly Viewed[]): string =>
  views
    .map(({ document, body }) => {
      const version = body.kind === 'current' ? body.versionId : body.kind === 'head' ? body.seq : 0;
      return `${document.partition}\n${document.id}\n${version}`;
    })
    .sort()
    .join('\n\n');
