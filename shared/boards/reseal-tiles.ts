import type { Documents } from '../azure/documents.ts';
import { withoutSystemFields } from '../azure/system-fields.ts';
import type { Clock, Ods } from '../context.ts';
import { type Keyring, seal, unseal } from '../keys/index.ts';
import {
  type BoardHead,
  type PastTileDocument,
  pastTileLifetime,
  type TileDocument,
  tilePlace,
  wardPartition,
} from './documents.ts';

type Sealed = (TileDocument | PastTileDocument) & { readonly _etag: string };

const page = 64;

/**
 * Seals the tiles of all wards of a trust with the present key, superseded ones too. A projector that writes one meanwhile
 * seals it so itself. @returns how many were sealed anew
 */
export async function resealTiles(
  deps: { boards: Documents; keyring: Keyring; clock: Clock },
  trust: Ods,
): Promise<number> {
  const { items } = await deps.boards.query<BoardHead>("SELECT * FROM c WHERE c.kind = 'head' AND c.trust = @trust", {
    trust,
  });
  let resealed = 0;
  for (const { ward } of items) resealed += await resealWard(deps, trust, ward);
  return resealed;
}

async function resealWard(
  { boards, keyring, clock }: { boards: Documents; keyring: Keyring; clock: Clock },
  trust: Ods,
  ward: string,
): Promise<number> {
  const partition = wardPartition(trust, ward);
  const key = await keyring.trustKey(trust, 'boards');
  const done = new Set<string>();
  for (;;) {
    const { items } = await boards.query<Sealed>(
      "SELECT * FROM c WHERE c.kind IN ('tile', 'past-tile') AND NOT STARTSWITH(c.sealed, @present)",
      { present: `${key.version}.` },
      { partition, limit: page },
    );
    // A replica that lags behind brings what was written already: it is not done twice.
    const fresh = items.filter(({ _etag }) => !done.has(_etag));
    if (fresh.length === 0) return done.size;
    for (const { _etag: ifMatch, ...tile } of fresh) {
      const place = tilePlace(partition, tile.patient);
      const document = {
        ...withoutSystemFields(tile),
        sealed: seal(key, unseal(key, tile.sealed, place), place),
        ...(tile.kind === 'past-tile' ? { ttl: remaining(tile, clock.now().getTime()) } : {}),
      };
      await boards.batch(partition, [{ op: 'replace', id: tile.id, document, ifMatch }]);
      done.add(ifMatch);
    }
  }
}

/** Seconds that are left of a past tile's time: it counts from the last write. */
const remaining = ({ to }: PastTileDocument, now: number): number =>
  Math.max(1, pastTileLifetime - Math.floor((now - to) / 1000));
