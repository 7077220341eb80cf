import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWebPubSub } from '../../local/web-pubsub/index.ts';
import type { Documents } from '../../shared/azure/documents.ts';
import { createPubSub } from '../../shared/azure/pubsub.ts';
import { createTelemetry } from '../../shared/azure/telemetry.ts';
import type { Board, Boards, Hint } from '../../shared/boards/index.ts';
import { createBoards } from '../../shared/boards/index.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Call } from '../../shared/context.ts';
import type { FhirResource } from '../../shared/fhir/index.ts';
import type { Change, Committed } from '../../shared/records/index.ts';
import { boardHub } from '../../shared/topology.ts';
import { encounter, patient, ward } from './record-samples.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from './records.ts';

const trust = 'RR8';
const key = 'a key of this test that is long enough';
export const quiet = createTelemetry({ load: undefined, write: () => {} });

export interface BoardStore {
  readonly store: RecordStore;
  /** A writer of records. */
  readonly writer: Process;
  /** A projector and reader of boards, as one process. @param wrap stands between it and the container `boards` */
  boards(wrap?: (documents: Documents) => Documents): Boards;
  /** Commits as the trust's integration. */
  commit(changes: readonly Change[]): Promise<Committed>;
  /** A patient in a bed: token, id of the encounter, and the commits that the boards have to be told of. */
  admit(family: string, bed: string): Promise<{ token: string; encounter: string; commits: Committed[] }>;
  /** Opens a socket for hints about a ward and waits until it listens. */
  listen(boards: Boards, ward: string, user?: Call): Promise<{ hints: Hint[]; close(): void }>;
  close(): Promise<void>;
}

/** Real local Cosmos DB and Web PubSub, with the wards J09 and J10 of two beds each. */
export async function startBoardStore(options: { staleReadsMs?: number } = {}): Promise<BoardStore> {
  const state = await mkdtemp(join(tmpdir(), 'wardline-boards-'));
  const store = await startRecordStore(options);
  const service = await startWebPubSub({ port: 0, state, key, hubs: [boardHub] });
  const pubsub = createPubSub(
    { connectionString: `Endpoint=http://localhost;Port=${service.port};AccessKey=${key};Version=1.0;` },
    { getToken: async () => null },
  );
  const writer = store.process();
  const commit = (changes: readonly Change[]): Promise<Committed> =>
    writer.records.commit(callOf(), trust, changes, { subtype: 'test', action: 'C' });
  for (const name of ['J09', 'J10'])
    await commit(ward(name).map((resource) => ({ kind: 'create', resource, id: String(resource.id) })));
  return {
    store,
    writer,
    commit,
    boards(wrap = (documents) => documents) {
      const process = store.process();
      return createBoards({
        ...{ records: process.records, keyring: process.keyring, pubsub, clock: systemClock, telemetry: quiet },
        documents: (name) => (name === 'boards' ? wrap(process.documents(name)) : process.documents(name)),
        access: { require: async () => ({ allowed: true, basis: 'team' }) },
      });
    },
    async admit(family, bed) {
      const made = await commit([{ kind: 'create', resource: patient(family) }]);
      const token = made.changes[0]?.id ?? '';
      const stay = await commit([{ kind: 'create', resource: encounter(token, bed) }]);
      return { token, encounter: stay.changes[0]?.id ?? '', commits: [made, stay] };
    },
    async listen(boards, name, user = viewer()) {
      const { url, protocol, group } = await boards.connect(user, name);
      const socket = new WebSocket(url, protocol);
      const hints: Hint[] = [];
      await new Promise<void>((resolve, reject) => {
        socket.addEventListener('error', () => reject(new Error('The socket did not open.')));
        socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'joinGroup', group, ackId: 1 })));
        socket.addEventListener('message', ({ data }) => {
          const message = JSON.parse(String(data)) as { type: string; data: Hint };
          if (message.type === 'ack') resolve();
          if (message.type === 'message') hints.push(message.data);
        });
      });
      return { hints, close: () => socket.close() };
    },
    async close() {
      await service.close();
      await store.close();
      await rm(state, { recursive: true, force: true });
    },
  };
}

/** A nurse of ward J09 who looks at a board, or the device on its wall. */
export const viewer = (kind: 'nurse' | 'device' = 'nurse'): Call => {
  const call = { ...callOf('nurse'), policy: 'board:read' };
  if (kind === 'nurse') return call;
  return { ...call, actor: { ...call.actor, kind: 'device', role: 'board-device', id: 'board', ward: 'J09' } };
};

/** A commit as the topic tells it. */
export const toldOf = ({ changes }: Committed) => ({
  id: 'outbox|1',
  trust,
  committedAt: new Date().toISOString(),
  changes: changes.map(({ type, id, versionId, change, patient: token }) => ({
    ...{ type, id, versionId, change },
    ...(token === undefined ? {} : { patient: token }),
  })),
});

/** A NEWS2 score as a form files it. */
export const news2 = (
  token: string,
  total: number,
  observedAt: string,
  flags: { complete?: boolean } = {},
): FhirResource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://snomed.info/sct', code: '1104051000000101' }] },
  subject: { reference: `Patient/${token}` },
  effectiveDateTime: observedAt,
  valueInteger: total,
  extension: [
    {
      url: 'https://wardline.nhs.uk/StructureDefinition/news2',
      extension: [
        { url: 'complete', valueBoolean: flags.complete ?? true },
        { url: 'single-parameter', valueBoolean: false },
      ],
    },
  ],
});

/** What a ward shows to staff. */
export async function boardOf(boards: Boards, name: string): Promise<Board> {
  const { board } = await boards.read(viewer(), name, null);
  if (board === undefined) throw new Error('The board is unchanged although nobody asked.');
  return board;
}
