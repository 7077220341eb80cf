import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CosmosClient } from '@azure/cosmos';
import { startCosmos } from '../../local/cosmos/index.ts';
import { type Access, createAccess } from '../../shared/access/index.ts';
import { type Blobs, createBlobs } from '../../shared/azure/blobs.ts';
import { createDocuments, type Documents } from '../../shared/azure/documents.ts';
import type { Vault } from '../../shared/azure/vault.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Call, Clock } from '../../shared/context.ts';
import { createIds } from '../../shared/ids.ts';
import { createKeyRotation, createKeyring, type KeyRotation, type Keyring } from '../../shared/keys/index.ts';
import {
  createRecordErasure,
  createRecordRotation,
  createRecords,
  type RecordErasure,
  type RecordRotation,
  type Records,
} from '../../shared/records/index.ts';
import { type ContainerName, containers, database } from '../../shared/topology.ts';

/** The account key that every Cosmos DB emulator has. */
const key = 'C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DEQxZFiEAKLHDZk2dA7v0iQYNaUkQYNUBA==';

/** Nobody signs in here: actors are given. */
const identity = { issuers: [], audience: 'wardline', ownClients: [] };

const approvedTeams: Record<string, string[]> = {
  'RR8-integration': [],
  'RR8-J09-nursing': ['J09'],
  'RR8-J10-nursing': ['J10'],
};

/** One process of the application, as far as the store can tell: its own client, session and caches. */
export interface Process {
  readonly records: Records;
  readonly access: Access;
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly keyRotation: KeyRotation;
  readonly recordRotation: RecordRotation;
  readonly recordErasure: RecordErasure;
  readonly documents: (container: ContainerName) => Documents;
  /** Requests sent to the store since the last call, and their charge. */
  spent(): { requests: number; charge: number };
}

export interface RecordStore {
  /** The folder of the store's database file. */
  readonly state: string;
  /** @param options.ahead milliseconds that the process's clock is ahead: past others' deadlines */
  process(options?: { step?: (name: string) => Promise<void> | void; vault?: Vault; ahead?: number }): Process;
  /** Waits until a read without a session sees what has been acknowledged, however far replicas lag. */
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

/** Where no test of a file writes a Binary; whoever does is told. */
const noBlobs = createBlobs({ connectionString: 'start this store with blobs' }, { getToken: async () => null });

/** A real local Cosmos DB with Wardline's containers in a folder of its own. */
export async function startRecordStore(options: { staleReadsMs?: number; blobs?: Blobs } = {}): Promise<RecordStore> {
  const state = await mkdtemp(join(tmpdir(), 'wardline-records-'));
  const server = await startCosmos({ port: 0, state, key, ...options });
  await createContainers(server.endpoint);
  const sharedVault = memoryVault();
  const connect = (): ((container: ContainerName) => Documents) =>
    createDocuments(
      { connectionString: `AccountEndpoint=${server.endpoint};AccountKey=${key}` },
      { getToken: async () => null },
    );
  const access = createAccess({ identity, documents: connect(), clock: systemClock });
  for (const [name, wards] of Object.entries(approvedTeams)) await access.approveTeam('RR8', { name, wards });
  // Teams are read without a session of their own: every replica has to know them before anybody asks.
  const lag = options.staleReadsMs ?? Number(process.env['COSMOS_STALE_READS_MS'] ?? 0);
  const caughtUp = (): Promise<void> => sleep(lag + 20);
  await caughtUp();
  return {
    state,
    caughtUp,
    process({ step, vault = sharedVault, ahead = 0 } = {}) {
      const clock: Clock = ahead === 0 ? systemClock : { now: () => new Date(Date.now() + ahead) };
      const open = connect();
      const spent = { requests: 0, charge: 0 };
      const documents = (name: ContainerName): Documents => counted(open(name), spent);
      const keys = { documents: documents('keys'), vault, clock };
      const keyring = createKeyring(keys);
      const ids = createIds(clock);
      const steps = step === undefined ? {} : { step };
      const access = createAccess({ identity, documents: open, clock });
      return {
        access,
        clock,
        records: createRecords({
          documents,
          keyring,
          access,
          blobs: options.blobs ?? noBlobs,
          clock,
          ids,
          ...steps,
        }),
        keyring,
        keyRotation: createKeyRotation({ ...keys, random: randomBytes }),
        recordErasure: createRecordErasure({ documents, keyring, blobs: options.blobs ?? noBlobs, clock, ids }),
        recordRotation: createRecordRotation({ documents, keyring, clock, ids, ...steps }),
        documents,
        spent() {
          const now = { ...spent };
          Object.assign(spent, { requests: 0, charge: 0 });
          return now;
        },
      };
    },
    async close() {
      await server.close();
      await rm(state, { recursive: true, force: true });
    },
  };
}

async function createContainers(endpoint: string): Promise<void> {
  const client = new CosmosClient({ endpoint, key });
  const created = await client.databases.createIfNotExists({ id: database });
  for (const [id, { partitionKey, defaultTtl, included }] of Object.entries(containers)) {
    await created.database.containers.createIfNotExists({
      id,
      partitionKey: { paths: [partitionKey] },
      ...(defaultTtl === undefined ? {} : { defaultTtl }),
      indexingPolicy: {
        includedPaths: included.map((path) => ({ path })),
        excludedPaths: [{ path: '/*' }],
      },
    });
  }
  client.dispose();
}

/** Counts what a process asks of the store. A read of missing documents counts as one although it takes more. */
function counted(documents: Documents, spent: { requests: number; charge: number }): Documents {
  const count = async <T>(work: Promise<T>, chargeOf: (answer: T) => number): Promise<T> => {
    spent.requests += 1;
    const answer = await work;
    spent.charge += chargeOf(answer);
    return answer;
  };
  return {
    read: (...parameters) => count(documents.read(...parameters), (answer) => answer?.charge ?? 1),
    readTogether: (...parameters) =>
      count(documents.readTogether(...parameters), (answers) =>
        answers.reduce((sum, each) => sum + (each?.charge ?? 1), 0),
      ),
    batch: (...parameters) => count(documents.batch(...parameters), (answer) => (answer.ok ? answer.charge : 1)),
    query: (...parameters) => count(documents.query(...parameters), (answer) => answer.charge),
  } as Documents;
}

/** A vault in memory: what is wrapped by one instance opens only there. */
export interface MemoryVault extends Vault {
  down: boolean;
  asked: number;
  /** Of its keys, the newest. */
  version: number;
  /** Versions before it open nothing. */
  oldest: number;
}

export function memoryVault(): MemoryVault {
  const secret = randomBytes(32);
  const answer = (vault: { down: boolean; asked: number }): void => {
    vault.asked += 1;
    if (vault.down) throw new Error('The vault is down');
  };
  return {
    down: false,
    asked: 0,
    version: 1,
    oldest: 1,
    async wrap(keyName, bytes) {
      answer(this);
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', secret, iv);
      const wrapped = Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
      return { kid: `https://vault.test/keys/${keyName}/${this.version}`, wrapped };
    },
    async unwrap(kid, wrapped) {
      answer(this);
      if (Number(kid.split('/').at(-1)) < this.oldest) throw new Error('This version of the key is disabled');
      const bytes = Buffer.from(wrapped);
      const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    },
  };
}

const actors = {
  integration: {
    kind: 'system',
    id: 'actor-integration',
    displayName: 'Integration',
    role: 'integration',
    teams: ['RR8-integration'],
  },
  nurse: { kind: 'staff', id: 'actor-nurse-j09', displayName: 'Nurse', role: 'nurse', teams: ['RR8-J09-nursing'] },
  stranger: { kind: 'staff', id: 'actor-nurse-j10', displayName: 'Nurse', role: 'nurse', teams: ['RR8-J10-nursing'] },
} as const;

let requests = 0;

/** A request of one of the test's actors in trust RR8. */
export const callOf = (who: keyof typeof actors = 'integration', session?: string): Call => ({
  requestId: `request-${++requests}`,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  actor: { ...actors[who], trust: 'RR8' },
  receivedAt: new Date(),
  policy: 'record:write',
  ...(session === undefined ? {} : { session }),
});
