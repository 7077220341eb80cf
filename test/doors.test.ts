import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { ServiceBusClient } from '@azure/service-bus';
import { queues, recordChanges } from '../shared/topology.ts';
import { news2Response } from './support/news2-response.ts';
import { type BoardAnswer, occupied, readBoard, sendNews2, settled } from './support/ward.ts';
import { eventually, sleep, startWardline, type Wardline } from './support/wardline.ts';

/** Rubbish at every door of the chain: the right error, nothing half done, nobody else disturbed. */
let wardline: Wardline;
let board: BoardAnswer;
before(async () => {
  wardline = await startWardline();
  board = await readBoard(wardline, 'J09');
});
after(() => wardline?.stop());

interface Outcome {
  readonly resourceType?: string;
  readonly issue?: readonly { readonly code: string; readonly expression?: readonly string[] }[];
}
const fhir = 'application/fhir+json';
const post = (path: string, body: string | Uint8Array, contentType = fhir): Promise<Response> =>
  wardline.call('integration', path, { method: 'POST', body, headers: { 'content-type': contentType } });

test('a request that cannot be read is refused with what to change', async () => {
  const deep = `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`;
  const cases: [path: string, body: string | Uint8Array, status: number, contentType?: string][] = [
    ['/fhir/Patient', '{"resourceType": "Patient"', 400],
    ['/fhir/Patient', new Uint8Array([0x22, 0xff, 0x22]), 400],
    ['/fhir/Patient', '[]', 400],
    ['/fhir/Patient', 'null', 400],
    ['/fhir/Patient', deep, 400],
    ['/fhir/Patient', JSON.stringify({ resourceType: 'Observation' }), 400],
    ['/fhir/Nonsense', '{"resourceType": "Nonsense"}', 404],
    ['/fhir/Patient', JSON.stringify({ resourceType: 'Patient', birthDate: '1990-02-31' }), 422],
    ['/fhir/Patient', JSON.stringify({ resourceType: 'Patient', gender: 'x', surname: 'y' }), 422],
    ['/fhir/Patient', '<Patient/>', 415, 'application/fhir+xml'],
    ['/fhir', JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: [{}] }), 400],
  ];
  for (const [path, body, status, contentType] of cases) {
    const answer = await post(path, body, contentType);
    const text = await answer.text();
    assert.equal(answer.status, status, `${path} ${String(body).slice(0, 60)}: ${text}`);
    const outcome = JSON.parse(text) as Outcome;
    assert.equal(outcome.resourceType, 'OperationOutcome');
    assert.ok((outcome.issue?.length ?? 0) > 0);
    if (status === 422) assert.ok(outcome.issue?.every(({ expression }) => expression?.[0]?.startsWith('Patient.')));
  }
});

test('a body larger than the limit is refused before it is read to its end', async () => {
  const answer = await post('/fhir/Binary', JSON.stringify({ resourceType: 'Binary', data: 'A'.repeat(40_000_000) }));
  assert.equal(answer.status, 413);
});

test('hostile parameters are refused and repeated nowhere', async () => {
  const hostile = ["' OR 1=1 --", '<script>alert(1)</script>', '\u0000', '%00', '../../etc/passwd', 'a'.repeat(5_000)];
  for (const value of hostile) {
    for (const name of ['identifier', '_lastUpdated', '_count', '_sort']) {
      const answer = await wardline.call('integration', `/fhir/Patient?${name}=${encodeURIComponent(value)}`);
      const text = await answer.text();
      assert.ok(answer.status < 500, `${name}=${value.slice(0, 30)}: ${answer.status} ${text.slice(0, 200)}`);
      assert.ok(!text.includes('<script'), name);
    }
  }
});

test('a form without patient, with another patient’s encounter or for an unknown form is refused at once', async () => {
  const [one, other] = [occupied(board, 0), occupied(board, 1)];
  const at = new Date().toISOString();
  const send = (path: string, body: object) =>
    wardline.call('nurse.j09', path, { method: 'POST', body: JSON.stringify(body) });
  const good = news2Response(one.patient, one.encounter, {}, at) as Record<string, unknown>;
  const cases: [path: string, body: object, status: number, expression?: string][] = [
    ['/forms/news2/responses', { ...good, subject: undefined }, 400, 'QuestionnaireResponse.subject'],
    ['/forms/news2/responses', { ...good, encounter: { display: 'x' } }, 400, 'QuestionnaireResponse.encounter'],
    [
      '/forms/news2/responses',
      { ...good, encounter: { reference: `Encounter/${other.encounter}` } },
      422,
      'QuestionnaireResponse.encounter',
    ],
    [
      '/forms/news2/responses',
      { ...good, subject: { reference: 'Patient/nobody' } },
      422,
      'QuestionnaireResponse.subject',
    ],
    ['/forms/news2/responses', { resourceType: 'Patient' }, 400, 'resourceType'],
    ['/forms/nonsense/responses', good, 404],
  ];
  for (const [path, body, status, expression] of cases) {
    const answer = await send(path, body);
    const text = await answer.text();
    assert.equal(answer.status, status, text);
    assert.match(answer.headers.get('content-type') ?? '', /application\/problem\+json/);
    if (expression !== undefined) assert.ok(text.includes(expression), text);
  }
});

test('other answers under an Idempotency-Key that was used are not filed, and whoever sent them learns it', async () => {
  const who = occupied(board, 2);
  const observedAt = new Date().toISOString();
  const options = { observedAt, idempotencyKey: 'used-once' };
  const first = await sendNews2(wardline, 'nurse.j09', who, { pulse: 80 }, options);
  assert.equal((await settled(wardline, 'nurse.j09', first.statusUrl)).status, 'filed');
  const second = await sendNews2(wardline, 'nurse.j09', who, { pulse: 130 }, options);
  const status = await settled(wardline, 'nurse.j09', second.statusUrl);
  assert.equal(status.status, 'rejected');
  assert.match(status.problems?.[0]?.reason ?? '', /Idempotency-Key/);
  assert.equal((await settled(wardline, 'nurse.j09', first.statusUrl)).status, 'filed');
});

test('an observation from the future is rejected by name', async () => {
  const observedAt = new Date(Date.now() + 3_600_000).toISOString();
  const form = await sendNews2(wardline, 'nurse.j09', occupied(board, 3), {}, { observedAt });
  const status = await settled(wardline, 'nurse.j09', form.statusUrl);
  assert.deepEqual(
    status.problems?.map(({ linkId }) => linkId),
    ['observed-at'],
  );
});

test('a status URL that was changed leads nowhere', async () => {
  const form = await sendNews2(wardline, 'nurse.j09', occupied(board, 4), {});
  const path = new URL(form.statusUrl).pathname;
  for (const wrong of [`${path}x`, path.replace(/\.[^.]*$/, '.x'), path.replace('news2/responses/', '$&0')])
    assert.equal((await wardline.call('nurse.j09', wrong)).status, 404, wrong);
  assert.equal((await wardline.call('nurse.j10', path)).status, 403);
});

const runTool = (...args: string[]) =>
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args, '--state', wardline.state], {
    encoding: 'utf8',
  });

test('poison on each queue and subscription is dead-lettered, told to whoever looks, and can be handed back', async () => {
  const bus = new ServiceBusClient(wardline.endpoints.serviceBus.connectionString);
  const poison = { body: { nonsense: true }, messageId: 'poison' };
  await bus.createSender(queues.formIntake).sendMessages({ ...poison, sessionId: '1' });
  await bus.createSender(queues.bedMoved).sendMessages({ ...poison, sessionId: '1' });
  await bus.createSender(queues.audit).sendMessages({ ...poison, body: 'not even JSON' });
  await bus.createSender(recordChanges.topic).sendMessages({ ...poison, sessionId: '1' });
  const wanted = [
    ...Object.values(queues),
    ...Object.values(recordChanges.subscriptions).map((name) => `${recordChanges.topic}/${name}`),
  ];
  const waiting = (): string[] =>
    wanted.filter((entity) => new RegExp(`'${entity}'.*'poison`).test(runTool('tools/dead-letters.ts').stdout));
  await eventually(
    async () => waiting().sort(),
    (found) => found.length === wanted.length,
    60_000,
  );
  const health = await eventually(
    async () => (await fetch(new URL('/health/ready', wardline.endpoints.functions))).text(),
    (text) => /waiting for somebody/.test(text),
  );
  for (const queue of Object.values(queues)) assert.ok(health.includes(queue), health);
  assert.match(wardline.output(), /message-dead-lettered/);

  const replayed = runTool('tools/dead-letters.ts', '--replay', queues.formIntake);
  assert.match(replayed.stdout, /1 messages were handed back to form-intake/);
  await eventually(
    async () => waiting(),
    (found) => found.includes(queues.formIntake),
    30_000,
  );
  assert.equal(runTool('tools/dead-letters.ts', '--replay', 'nonsense').status, 1);
  await bus.close();
  // Everybody else's work goes on.
  const form = await sendNews2(wardline, 'nurse.j09', occupied(board, 5), {});
  assert.equal((await settled(wardline, 'nurse.j09', form.statusUrl)).status, 'filed');
});

test('Event Grid refuses a wrong key and what is no event; a malformed movement moves nobody and is logged', async () => {
  const { endpoint, key } = wardline.endpoints.eventGrid.in;
  const send = (body: string, aegKey = key) =>
    fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json; charset=utf-8', 'aeg-sas-key': aegKey },
      body,
    });
  const event = { id: '1', specversion: '1.0', source: '/test', type: 'uk.nhs.wardline.bed.moved.v1' };
  assert.equal((await send(JSON.stringify([event]), 'wrong')).status, 401);
  for (const rubbish of ['{', '[{}]', '"x"']) assert.equal((await send(rubbish)).status, 400, rubbish);
  const client = new EventGridPublisherClient(endpoint, 'CloudEvent', new AzureKeyCredential(key), {
    allowInsecureConnection: true,
  });
  const who = occupied(board, 6);
  const free = board.beds.find(({ patient }) => patient === undefined);
  const moved = { trust: 'RR8', encounter: who.encounter, bed: free?.bed, occurredAt: new Date().toISOString() };
  await client.send([
    { type: event.type, source: '/test', data: { ...moved, sequence: 'first' } },
    { type: event.type, source: '/test', data: { ...moved, sequence: 1, bed: 'J09-01/../x' } },
  ]);
  await eventually(
    async () => wardline.output(),
    (output) => (output.match(/bed-moved-malformed/g)?.length ?? 0) >= 2,
  );
  const now = await readBoard(wardline, 'J09');
  assert.equal(now.beds.find(({ bed }) => bed === who.bed)?.patient?.id, who.patient);
});

test('a socket opens only with a token, hears only its own ward, and survives rubbish', async () => {
  const connect = async (user: string, ward: string) =>
    (await (await wardline.call(user, `/boards/${ward}/connect`, { method: 'POST' })).json()) as {
      url: string;
      protocol: string;
      group: string;
    };
  const own = await connect('nurse.j09', 'J09');
  const foreign = await connect('nurse.x01', 'X01');
  const bare = new URL(own.url);
  bare.searchParams.delete('access_token');
  assert.equal(await opens(bare.href, own.protocol), false);
  assert.equal(await opens(`${own.url}x`, own.protocol), false);

  const socket = new WebSocket(own.url, own.protocol);
  const heard: Record<string, unknown>[] = [];
  socket.addEventListener('message', ({ data }) => heard.push(JSON.parse(String(data))));
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  socket.send(JSON.stringify({ type: 'joinGroup', group: foreign.group, ackId: 1 }));
  socket.send(JSON.stringify({ type: 'sendToGroup', group: own.group, dataType: 'json', data: {}, ackId: 2 }));
  await eventually(
    async () => heard.filter(({ type }) => type === 'ack'),
    (acks) => acks.length === 2,
  );
  for (const ack of heard.filter(({ type }) => type === 'ack')) {
    assert.equal(ack['success'], false);
    assert.equal((ack['error'] as { name: string }).name, 'Forbidden');
  }
  socket.send('{ rubbish');
  await sleep(200);
  socket.close();
  assert.equal(await opens((await connect('nurse.j09', 'J09')).url, own.protocol), true);
});

function opens(url: string, protocol: string): Promise<boolean> {
  const socket = new WebSocket(url, protocol);
  return new Promise((resolve) => {
    socket.addEventListener('open', () => {
      socket.close();
      resolve(true);
    });
    socket.addEventListener('error', () => resolve(false));
  });
}
