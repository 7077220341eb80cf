import { createHash } from 'node:crypto';
import type { Access } from '../access/index.ts';
import type { Documents } from '../azure/documents.ts';
import type { PubSub } from '../azure/pubsub.ts';
import type { Telemetry } from '../azure/telemetry.ts';
import type { Call, Clock, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { parseSearch } from '../fhir/index.ts';
import { type Keyring, unseal } from '../keys/index.ts';
import type { RecordedChange, Records } from '../records/index.ts';
import type { ContainerName } from '../topology.ts';
import { type BoardHead, type TileDocument, tileId, wardGroup, wardPartition } from './documents.ts';
import { projectPatient } from './project.ts';
import { labelOf, type PrivacyMode, type Tile } from './tile.ts';

/** A ward as its board shows it. */
export interface Board {
  readonly ward: string;
  readonly version: number;
  readonly asOf: string;
  readonly mode: PrivacyMode;
  readonly beds: readonly object[];
}

/** A commit as the topic tells it: ids and versions. */
export interface RecordsChanged {
  readonly id: string;
  readonly trust: Ods;
  readonly committedAt: string;
  readonly changes: readonly RecordedChange[];
}

export interface Boards {
  /** @returns `'unchanged'` when the version is still `known`; that costs one read of 1 RU. */
  read(call: Call, ward: string, known: string | null): Promise<{ board: Board; patients: string[] } | 'unchanged'>;
  connect(call: Call, ward: string): Promise<{ url: string; protocol: string; group: string }>;
  /** Brings the tiles of the patients whom a commit concerns in line with the record, and hints at it. */
  project(changed: RecordsChanged): Promise<void>;
  /** One audit entry for a viewing session: who, which ward, which hour. */
  sessionEntryId(call: Call, ward: string): string;
}

/** Changes that a tile may depend on. */
const tileTypes = new Set(['Patient', 'Encounter', 'Observation']);

export function createBoards(deps: {
  documents: (name: ContainerName) => Documents;
  records: Records;
  keyring: Keyring;
  pubsub: PubSub;
  access: Pick<Access, 'require'>;
  clock: Clock;
  telemetry: Telemetry;
}): Boards {
  const { records, keyring, pubsub, access, clock, telemetry } = deps;
  const boards = deps.documents('boards');
  const project = { boards, records, keyring, clock };

  const allowed = (call: Call, ward: string) =>
    access.require(call, { policy: 'board:read', trust: call.actor.trust, ward });
  /** A ward's beds come from its Locations and are kept in its head. */
  const bedsOf = async (call: Call, ward: string): Promise<string[]> => {
    const query = parseSearch('Location', new URLSearchParams({ partof: `Location/${ward}` }));
    const { matches } = await records.search({ ...call, policy: 'board:read' }, call.actor.trust, query);
    return matches.map(({ resource }) => String(resource.id)).sort();
  };
  const openHead = async (call: Call, ward: string): Promise<BoardHead> => {
    const { trust } = call.actor;
    const partition = wardPartition(trust, ward);
    const [head] = await boards.readTogether<BoardHead>(partition, ['head']);
    if (head !== undefined && head.document.beds.length > 0) return head.document;
    const beds = await bedsOf(call, ward);
    if (beds.length === 0) throw new WardlineError('not-found', `There is no ward ${ward} with beds.`);
    const made: BoardHead = {
      id: 'head',
      partition,
      kind: 'head',
      trust,
      ward,
      version: (head?.document.version ?? 0) + 1,
      asOf: clock.now().toISOString(),
      beds,
    };
    await boards.batch(partition, [
      head === undefined
        ? { op: 'create', document: made }
        : { op: 'replace', id: 'head', document: made, ifMatch: head.etag },
    ]);
    return made;
  };

  return {
    async read(call, ward, known) {
      await allowed(call, ward);
      const { trust } = call.actor;
      const partition = wardPartition(trust, ward);
      const head = await openHead(call, ward);
      if (known === `"${head.version}"`) return 'unchanged';
      const { items } = await boards.query<TileDocument | BoardHead>(
        "SELECT * FROM c WHERE c.kind IN ('tile', 'head')",
        {},
        { partition },
      );
      const present = items.find((item): item is BoardHead => item.kind === 'head') ?? head;
      const key = await keyring.trustKey(trust, 'boards');
      const tiles = items
        .filter((item): item is TileDocument => item.kind === 'tile')
        .map(({ patient, sealed }) => unseal<Tile>(key, sealed, `${partition}|${tileId(patient)}`));
      const mode: PrivacyMode = call.actor.kind === 'device' ? 'public' : 'staff-area';
      const now = clock.now();
      const beds = present.beds.map((bed) => {
        const tile = tiles.find((one) => one.bed === bed);
        if (tile === undefined) return { bed, state: 'empty' };
        return {
          bed,
          state: 'occupied',
          ...(mode === 'public' ? {} : { encounter: tile.encounter }),
          patient: labelOf(tile, mode, now),
          ...(tile.news2 === undefined ? {} : { news2: tile.news2 }),
        };
      });
      return {
        board: { ward, version: present.version, asOf: present.asOf, mode, beds },
        patients: tiles.map(({ patient }) => patient),
      };
    },
    async connect(call, ward) {
      await allowed(call, ward);
      const group = wardGroup(call.actor.trust, ward);
      return { url: await pubsub.connect(group, call.actor.id), protocol: 'json.webpubsub.azure.v1', group };
    },
    async project({ trust, changes, committedAt }) {
      const relevant = changes.filter(({ type, patient }) => patient !== undefined && tileTypes.has(type));
      for (const [patient, some] of Map.groupBy(relevant, (change) => change.patient ?? '')) {
        const wards = await projectPatient(
          project,
          trust,
          patient,
          some.filter(({ type }) => type !== 'Encounter'),
        );
        for (const { ward, version } of wards) {
          await telemetry.span('hint', { kind: 'producer', attributes: { ward, version } }, async (span) => {
            await pubsub.hint(wardGroup(trust, ward), {
              ward,
              version,
              committedAt,
              trace: span.traceparent.slice(3, 35),
            });
          });
        }
      }
    },
    sessionEntryId: (call, ward) =>
      `board-${createHash('sha256')
        .update(`${call.actor.trust}|${call.actor.id}|${ward}|${call.receivedAt.toISOString().slice(0, 13)}`)
        .digest('hex')
        .slice(0, 26)}`,
  };
}
