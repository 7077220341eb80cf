import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { type SpawnedServer, spawnServer } from '../../local/spawn.ts';
import { createBus } from './bus.ts';

const key = 'a-test-key';
const config = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'test',
        Queues: [{ Name: 'plain' }, { Name: 'unique', Properties: { RequiresDuplicateDetection: true } }],
      },
    ],
  },
};
const nobody = { getToken: async () => null };
let state: string;
let server: SpawnedServer;
let bus: ReturnType<typeof createBus>;
let receiving: ServiceBusClient;

const start = (port: number): Promise<SpawnedServer> =>
  spawnServer('service-bus', { port, administrationPort: 0, state, key, config });
const connectionString = (port: number): string =>
  `Endpoint=sb://localhost:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${key};UseDevelopmentEmulator=true;`;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'bus-test-'));
  server = await start(0);
  bus = createBus({ connectionString: connectionString(server.port) }, nobody);
  receiving = new ServiceBusClient(connectionString(server.port));
});
after(async () => {
  await bus.close();
  await receiving.close();
  await server.stop();
  rmSync(state, { recursive: true, force: true });
});

/** Takes as many messages as are expected, and whatever else there is. */
async function drain(queue: string, expected = 1): Promise<ServiceBusReceivedMessage[]> {
  const receiver = receiving.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
  const all: ServiceBusReceivedMessage[] = [];
  while (all.length < expected) {
    const some = await receiver.receiveMessages(expected - all.length, { maxWaitTimeInMs: 5_000 });
    if (some.length === 0) break;
    all.push(...some);
  }
  all.push(...(await receiver.receiveMessages(100, { maxWaitTimeInMs: 200 })));
  await receiver.close();
  return all;
}

test('a message arrives with its id, its body and its trace', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await bus.send('plain', [{ messageId: 'm1', body: { a: 1 }, traceparent }]);
  const [message] = await drain('plain');
  assert.equal(message?.messageId, 'm1');
  assert.deepEqual(message?.body, { a: 1 });
  assert.equal(message?.contentType, 'application/json');
  assert.equal(message?.applicationProperties?.['Diagnostic-Id'], traceparent);
});

test('an id is taken once', async () => {
  for (let times = 0; times < 3; times++) await bus.send('unique', [{ messageId: 'same', body: times }]);
  assert.deepEqual(
    (await drain('unique')).map(({ body }) => body),
    [0],
  );
});

test('more than fits into one batch arrives whole and in order', async () => {
  const messages = Array.from({ length: 60 }, (_, index) => ({
    messageId: `b${index}`,
    body: `${'x'.repeat(20_000)}`,
  }));
  await bus.send('plain', messages);
  assert.deepEqual(
    (await drain('plain', 60)).map(({ messageId }) => messageId),
    messages.map(({ messageId }) => messageId),
  );
});

test('a message that the broker does not take is refused, alone and among others', async () => {
  const giant = { messageId: 'giant', body: 'x'.repeat(300_000) };
  await assert.rejects(bus.send('plain', [giant]), { code: 'too-large' });
  await assert.rejects(bus.send('plain', [{ messageId: 'small', body: 1 }, giant]), { code: 'too-large' });
  assert.deepEqual(
    (await drain('plain')).map(({ messageId }) => messageId),
    ['small'],
  );
});

test('nothing to send asks nobody', async () => {
  await createBus({ connectionString: connectionString(1) }, nobody).send('plain', []);
});

test('a message to an entity that does not exist is an error', async () => {
  await assert.rejects(bus.send('nowhere', [{ messageId: 'm', body: 1 }]), { code: 'unavailable' });
});

test('what was sent while the broker was away arrives once it is back', async () => {
  await bus.reach('unique');
  await receiving.close();
  await server.kill();
  const sent = bus.send('unique', [{ messageId: 'while-away', body: 1 }]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  server = await start(server.port);
  await sent;
  await bus.reach('unique');
  receiving = new ServiceBusClient(connectionString(server.port));
  assert.deepEqual(
    (await drain('unique')).map(({ messageId }) => messageId),
    ['while-away'],
  );
});
