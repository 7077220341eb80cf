import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type SpawnedServer, spawnServer } from '../spawn.ts';
import { appOf, temporaryApp } from './fixtures/temporary-app.ts';

const kills = 10;
const callers = 6;
/** Calls between two kills. */
const load = 30;

const code = `
import { appendFileSync } from 'node:fs';
const notes = output.serviceBusQueue({ queueName: 'notes', connection: 'Bus' });
app.put('note', {
  route: 'notes/{id}',
  extraOutputs: [notes],
  handler: async (request, context) => {
    context.extraOutputs.set(notes, { id: request.params.id });
    return { status: 202 };
  },
});
app.serviceBusQueue('write', {
  queueName: 'notes',
  connection: 'Bus',
  handler: async (message) => {
    await new Promise((done) => setTimeout(done, 5));
    appendFileSync(process.env.NOTES, message.id + '\\n');
  },
});`;

const app = temporaryApp({ 'main.ts': appOf(code) });
let bus: SpawnedServer;
after(async () => {
  await bus?.stop();
  app.remove();
});

test('the host is killed under load again and again: what it acknowledged is handled, every bit of it', async () => {
  const queue = { Name: 'notes', Properties: { LockDuration: 'PT5S', MaxDeliveryCount: 20 } };
  const config = { UserConfig: { Namespaces: [{ Name: 'n', Queues: [queue] }] } };
  bus = await spawnServer('service-bus', {
    port: 0,
    administrationPort: 0,
    state: join(app.state, 'bus'),
    key: 'k',
    config,
  });
  const file = join(app.state, 'notes.txt');
  const Bus = `Endpoint=sb://localhost:${bus.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=k;UseDevelopmentEmulator=true;`;
  const start = () => app.start({ state: join(app.state, 'host'), settings: { Bus, NOTES: file } });
  const acknowledged: string[] = [];
  let unanswered = 0;
  for (let round = 0; round <= kills; round++) {
    const host = await start();
    let next = 0;
    const call = async (): Promise<void> => {
      while (next < load) {
        const id = `${round}-${next++}`;
        const response = await fetch(`${host.endpoint}/notes/${id}`, { method: 'PUT' }).catch(() => undefined);
        if (response?.status === 202) acknowledged.push(id);
        else unanswered++;
        // Half-way through, in the middle of calls and of messages.
        if (round < kills && next === load / 2) void host.kill();
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
    if (round === kills) {
      const handled = (): Set<string> => new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
      for (let i = 0; i < 300 && acknowledged.some((id) => !handled().has(id)); i++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      const done = handled();
      assert.deepEqual(
        acknowledged.filter((id) => !done.has(id)),
        [],
      );
      await host.stop();
    }
  }
  assert.ok(unanswered > 0, 'the kills met calls that were under way');
  assert.ok(acknowledged.length > load, `${acknowledged.length} calls were acknowledged`);
});
