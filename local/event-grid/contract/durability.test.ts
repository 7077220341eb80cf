import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { eventually } from '../../fixtures/eventually.ts';
import { agreeable, startTestWebhook } from '../../fixtures/webhook.ts';
import { type SpawnedServer, spawnServer } from '../../spawn.ts';

const key = Buffer.from('a key of this test').toString('base64');

test('ten kills under load lose no acknowledged event, and what waited for a retry still waits', async (context) => {
  const state = mkdtempSync(join(tmpdir(), 'event-grid-kill-'));
  const received = new Set<string>();
  const hook = await startTestWebhook((request) => {
    if (request.headers['aeg-event-type'] !== 'Notification') return agreeable(request);
    // Every seventh delivery fails at first, so that kills also meet events between two attempts.
    const { id } = JSON.parse(request.body);
    if (request.headers['aeg-delivery-count'] === '0' && Number(id.split('-')[1]) % 7 === 0) return { status: 500 };
    received.add(id);
    return { status: 200 };
  });
  const options = {
    port: 0,
    state,
    topics: [
      {
        name: 'topic',
        key,
        subscriptions: [
          {
            name: 'declared',
            properties: { destination: { endpointType: 'WebHook', properties: { endpointUrl: hook.url } } },
          },
        ],
      },
    ],
    retrySchedule: [50],
  };
  let server: SpawnedServer = await spawnServer('event-grid', options);
  context.after(async () => {
    await Promise.all([server.stop(), hook.close()]);
    rmSync(state, { recursive: true, force: true });
  });
  const { port } = server;
  const client = new EventGridPublisherClient(
    `http://localhost:${port}/topic/api/events`,
    'CloudEvent',
    new AzureKeyCredential(key),
    { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } },
  );
  const acknowledged: string[] = [];
  let loading = true;
  const load = async (worker: number): Promise<void> => {
    for (let n = 0; loading; n++) {
      const id = `${worker}-${n}`;
      const sent = await client.send([{ id, type: 't', source: '/s', subject: 's', data: {} }]).then(
        () => true,
        () => false,
      );
      if (sent) acknowledged.push(id);
      else await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const workers = [1, 2, 3, 4].map(load);
  for (let kill = 0; kill < 10; kill++) {
    const before = acknowledged.length;
    await eventually('events acknowledged between kills', () => acknowledged.length >= before + 50);
    await server.kill();
    server = await spawnServer('event-grid', { ...options, port });
  }
  loading = false;
  await Promise.all(workers);
  await eventually('every acknowledged event', () => acknowledged.every((id) => received.has(id)));
  assert.ok(acknowledged.length >= 500);
});
