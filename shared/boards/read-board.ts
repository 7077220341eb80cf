import type { Documents, Stored } from '../azure/documents.ts';
import type { Call, Clock, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { type Keyring, unseal } from '../keys/index.ts';
import type { Records } from '../records/index.ts';
import { bedsOf } from './beds.ts';
import { type Board, bedsShown } from './board.ts';
import { type BoardHead, type TileDocument, tilePlace, wardPartition } from './documents.ts';
import { createHead, readHead } from './head.ts';
import type { PrivacyMode } from './label.ts';
import type { Tile } from './tile.ts';

export interface ReadDependencies {
  readonly boards: Documents;
  readonly records: Records;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

/** `board` is missing when the caller knows this version; `patients` are the tokens of those who stand on it. */
export interface BoardRead {
  readonly etag: string;
  readonly patients: readonly string[];
  readonly board?: Board;
}

/**
 * Reads a ward's board.
 * @param known If-None-Match of the request (RFC 9110 section 13.1.2): a known version costs one read of 1 RU
 * @throws WardlineError `not-found` when the trust has no such ward
 */
export async function readBoard(
  deps: ReadDependencies,
  call: Call,
  ward: string,
  known: string | null,
): Promise<BoardRead> {
  const { trust } = call.actor;
  const { head, session } = await headWithBeds(deps, call, ward);
  if (knows(known, head.version)) return { etag: etagOf(head.version), patients: Object.keys(head.patients) };
  const partition = wardPartition(trust, ward);
  const { items } = await deps.boards.query<TileDocument | BoardHead>(
    "SELECT * FROM c WHERE c.kind IN ('tile', 'head')",
    {},
    { partition, session },
  );
  const now = items.find((item) => item.kind === 'head') ?? head;
  const key = await deps.keyring.trustKey(trust, 'boards');
  const tiles = items
    .filter((item) => item.kind === 'tile')
    .map(({ patient, sealed }) => unseal<Tile>(key, sealed, tilePlace(partition, patient)));
  const mode: PrivacyMode = call.actor.kind === 'device' ? 'public' : 'staff-area';
  const beds = bedsShown(now.beds ?? head.beds, tiles, mode, deps.clock.now(), call.actor);
  return {
    etag: etagOf(now.version),
    patients: tiles.map(({ patient }) => patient),
    board: { ward, version: now.version, asOf: now.asOf, mode, beds },
  };
}

const etagOf = (version: number): string => `"${version}"`;
const knows = (ifNoneMatch: string | null, version: number): boolean =>
  (ifNoneMatch ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etagOf(version));

type HeadWithBeds = BoardHead & { readonly beds: readonly string[] };
const hasBeds = (head: BoardHead): head is HeadWithBeds => head.beds !== undefined;

const triesAtMost = 10;

/** The head; the first reader after the ward's Locations changed asks the record which beds there are. */
async function headWithBeds(
  { boards, records, clock }: ReadDependencies,
  call: Call,
  ward: string,
): Promise<{ head: HeadWithBeds; session: string }> {
  const { trust } = call.actor;
  for (let attempt = 0; attempt < triesAtMost; attempt++) {
    const stored = await readHead(boards, trust, ward);
    if (stored !== undefined && hasBeds(stored.document)) return { head: stored.document, session: stored.session };
    const beds = await bedsOf(records, call, trust, ward);
    if (beds.length === 0) throw new WardlineError('not-found', `The Location ${ward} has no beds.`);
    if (stored === undefined) await createHead(boards, trust, ward, clock.now());
    else await keepBeds(boards, trust, ward, stored, beds);
  }
  throw new WardlineError('unavailable', 'The ward is changing too fast.', { retryAfter: 1 });
}

async function keepBeds(
  boards: Documents,
  trust: Ods,
  ward: string,
  { etag }: Stored<BoardHead>,
  beds: string[],
): Promise<void> {
  await boards.batch(wardPartition(trust, ward), [
    { op: 'patch', id: 'head', operations: [{ op: 'set', path: '/beds', value: beds }], ifMatch: etag },
  ]);
}
