import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { WebSocket } from 'ws';
import { startTestIdentity, type TestIdentity } from '../../fixtures/identity.ts';
import {
  connectionString,
  failsWith,
  openLocalNamespace,
  sharedAccessSignature,
  type TestNamespace,
  until,
} from './support.ts';

// Keys, tokens and transports of the local namespace itself: there is no Azure side to compare with.
let space: TestNamespace;
let identity: TestIdentity;
let state: string;
before(async () => {
  state = mkdtempSync(join(tmpdir(), 'service-bus-access-'));
  identity = await startTestIdentity(state);
  space = await openLocalNamespace({ issuer: identity.issuer });
  for (const queue of ['q', 'other']) await space.administration.createQueue(queue);
});
after(async () => {
  await space.close();
  await identity.server.stop();
  rmSync(state, { recursive: true, force: true });
});

const options = { retryOptions: { maxRetries: 0, timeoutInMs: 30_000 } };
const port = (): number => space.server?.port ?? 0;

/** A client that brings a token instead of the key. */
function clientWithSignature(resource: string, expiresIn: number, signedWith?: string): ServiceBusClient {
  const token = sharedAccessSignature(resource, expiresIn, signedWith);
  const connection = `Endpoint=sb://localhost:${port()};SharedAccessSignature=${token};UseDevelopmentEmulator=true`;
  return new ServiceBusClient(connection, options);
}

async function sends(client: ServiceBusClient, queue = 'q'): Promise<void> {
  try {
    await client.createSender(queue).sendMessages({ body: 1 });
  } finally {
    await client.close();
  }
}

test('a wrong key is refused', async () => {
  const client = new ServiceBusClient(connectionString(port(), 'another'), options);
  await assert.rejects(sends(client), failsWith('UnauthorizedAccess'));
});

test('a signature for the namespace or the entity opens it; one for another, expired or forged, does not', async () => {
  await sends(clientWithSignature(`sb://localhost:${port()}/`, 60));
  await sends(clientWithSignature(`sb://localhost:${port()}/q`, 60));
  await assert.rejects(
    sends(clientWithSignature(`sb://localhost:${port()}/other`, 60)),
    failsWith('UnauthorizedAccess'),
  );
  await assert.rejects(sends(clientWithSignature(`sb://localhost:${port()}/`, -60)), failsWith('UnauthorizedAccess'));
  await assert.rejects(
    sends(clientWithSignature(`sb://localhost:${port()}/`, 60, 'forged')),
    failsWith('UnauthorizedAccess'),
  );
});

test('a managed identity’s token opens AMQP and the administration, one for another service does not', async () => {
  const token = async (resource: string) => ({
    token: await identity.token(resource),
    expiresOnTimestamp: Date.now() + 600_000,
  });
  const url = `${String(space.server?.facts['administration'])}/q?api-version=2021-05`;
  const ask = async (resource: string) =>
    (await fetch(url, { headers: { authorization: `Bearer ${(await token(resource)).token}` } })).status;
  assert.equal(await ask('https://servicebus.azure.net'), 200);
  assert.equal(await ask('https://vault.azure.net'), 401);
  const { port: tlsPort } = { port: port() };
  const ca = readFileSync(join(space.state, 'tls', 'ca.pem'));
  const open = (resource: string) =>
    new ServiceBusClient(
      `localhost:${tlsPort}`,
      { getToken: () => token(resource) },
      {
        ...options,
        webSocketOptions: { webSocket: WebSocket as never, webSocketConstructorOptions: { ca } },
      },
    );
  await sends(open('https://servicebus.azure.net'));
  await assert.rejects(sends(open('https://vault.azure.net')), failsWith('UnauthorizedAccess'));
});

test('AMQP goes over WebSockets too', async () => {
  const ca = readFileSync(join(space.state, 'tls', 'ca.pem'));
  const client = new ServiceBusClient(connectionString(port()), {
    ...options,
    webSocketOptions: { webSocket: WebSocket as never, webSocketConstructorOptions: { ca } },
  });
  const body = 'x'.repeat(150_000);
  await client.createSender('other').sendMessages({ body });
  const receiver = client.createReceiver('other');
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.equal(message?.body, body);
  if (message) await receiver.completeMessage(message);
  await client.close();
});

test('a link whose token has ended is closed', async () => {
  const client = clientWithSignature(`sb://localhost:${port()}/`, 2);
  const errors: unknown[] = [];
  const receiver = client.createReceiver('other');
  receiver.subscribe({
    processMessage: async () => {},
    processError: async ({ error }) => void errors.push(error),
  });
  await until('the receiver was told', async () => errors.some(failsWith('UnauthorizedAccess')));
  await client.close();
});
