import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Connection, Container, Delivery, EventContext, Message, Receiver, Sender } from 'rhea';
import { decodeScalar } from '../amqp/scalar.ts';
import { mapSection, section, sectionsOf } from '../amqp/sections.ts';
import { key, openLocalNamespace, type TestNamespace, until } from './support.ts';

// AMQP 1.0 clients that are not Microsoft's, and what .NET's client says that the JavaScript one does not.
const rhea = createRequire(import.meta.url)('rhea') as Container;
const { types } = rhea;
let space: TestNamespace;
let connection: Connection;
const connections: Connection[] = [];

before(async () => {
  space = await openLocalNamespace();
  await space.administration.createQueue('q', { lockDuration: 'PT30S' });
  await space.administration.createQueue('sessions', { requiresSession: true });
  await space.administration.createTopic('t');
  await space.administration.createSubscription('t', 's');
  connection = connect('RootManageSharedAccessKey', key);
  await event(connection, 'connection_open');
});
after(async () => {
  connection.close();
  await space.close();
  // rhea sets the heartbeat of a connection that broke once more; it would keep this process alive for minutes.
  for (const one of connections) clearTimeout((one as unknown as { heartbeat_out?: NodeJS.Timeout }).heartbeat_out);
});

function connect(username: string, password: string): Connection {
  const made = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: space.server?.port ?? 0, username, password, reconnect: false });
  connections.push(made);
  for (const name of ['connection_error', 'error', 'disconnected']) made.on(name, () => {});
  return made;
}

interface Emitter {
  once(name: string, listener: (context: EventContext) => void): unknown;
}
const event = (of: Emitter, name: string): Promise<EventContext> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`There was no ${name}.`)), 20_000);
    of.once(name, (context) => {
      clearTimeout(timer);
      resolve(context);
    });
  });

const openSender = async (address: string): Promise<Sender> => {
  const sender = connection.open_sender({ target: { address } });
  await event(sender, 'sendable');
  return sender;
};
async function send(sender: Sender, message: Message): Promise<void> {
  const accepted = event(sender, 'accepted');
  sender.send(message);
  await accepted;
}
async function receive(
  address: string,
  options: object = {},
): Promise<{ delivery: Delivery; message: Message; receiver: Receiver }> {
  const receiver = connection.open_receiver({ source: { address }, credit_window: 0, autoaccept: false, ...options });
  receiver.add_credit(1);
  const { delivery, message } = await event(receiver, 'message');
  assert.ok(delivery && message);
  return { delivery, message, receiver };
}

test('SASL PLAIN with key name and key opens all; a wrong key opens nothing', async () => {
  const sender = await openSender('/q');
  await send(sender, { body: 'hello' });
  const { delivery, message } = await receive('q');
  assert.equal(message.body, 'hello');
  delivery.accept();
  const stranger = connect('RootManageSharedAccessKey', 'wrong');
  await event(stranger, 'connection_error');
});

test('a sender and a receiver of one session may have the same name', async () => {
  const session = connection.create_session();
  session.open();
  // This client too knows links by their name only; it is told which one an answer is for.
  const answers = session as unknown as {
    remote: { handles: Record<number, unknown> };
    on_attach(frame: { performative: { role: boolean; handle: number } }): void;
  };
  answers.on_attach = function onAttach(frame) {
    const link = frame.performative.role ? sender : receiver;
    this.remote.handles[frame.performative.handle] = link;
    (link as unknown as { on_attach(frame: object): void }).on_attach(frame);
  };
  const sender = session.open_sender({ name: 'twin', target: { address: 'q' } });
  const { links } = session as unknown as { links: Record<string, unknown> };
  links['kept apart'] = sender;
  delete links['twin'];
  const receiver = session.open_receiver({
    name: 'twin',
    source: { address: 'q' },
    credit_window: 0,
    autoaccept: false,
  });
  await Promise.all([event(sender, 'sendable'), event(receiver, 'receiver_open')]);
  await send(sender, { body: 'twin' });
  receiver.add_credit(1);
  const { delivery, message } = await event(receiver, 'message');
  assert.equal(message?.body, 'twin');
  delivery?.accept();
});

/** Asks an entity's management node. */
async function ask(entity: string, operation: string, body: object): Promise<Message> {
  const address = `${entity}/$management`;
  const reply = `reply-${entity}-${operation}`;
  const receiver = connection.open_receiver({ source: { address }, target: { address: reply } });
  const sender = connection.open_sender({ target: { address } });
  await Promise.all([event(sender, 'sendable'), event(receiver, 'receiver_open')]);
  const answer = event(receiver, 'message');
  sender.send({ message_id: 'm1', reply_to: reply, application_properties: { operation }, body });
  const { message } = await answer;
  assert.ok(message);
  sender.close();
  receiver.close();
  return message;
}

/** The first message of a queue as bytes, as the broker would hand it over. */
async function peekBytes(entity: string): Promise<Buffer> {
  const one = { 'from-sequence-number': types.wrap_long(1), 'message-count': types.wrap_int(1) };
  const { body } = await ask(entity, 'com.microsoft:peek-message', one);
  return Buffer.from((body as { messages: { message: Buffer }[] }).messages[0]?.message ?? []);
}

const nothing = Buffer.of(0x40);

test('numbers, described and compound values keep their types through every rewrite', async () => {
  const sender = await openSender('q');
  const properties = {
    int: types.wrap_int(5000),
    short: types.wrap_short(5),
    ulong: types.wrap_ulong(5000),
    float: types.wrap_float(1.5),
    char: types.wrap_char(65 as never),
    uuid: types.wrap_uuid(Buffer.alloc(16, 7)),
    span: types.wrap_described(types.wrap_long(7), 'com.microsoft:timespan'),
  };
  await send(sender, {
    body: types.wrap_list([1, 'two']),
    application_properties: properties,
    message_annotations: { 'x-opt-mine': types.wrap_int(9) },
    message_id: types.wrap_ulong(17),
  } as never);
  const sent = await peekBytes('q');
  const { delivery, receiver } = await receive('q', { rcv_settle_mode: 1 });
  delivery.modified({ undeliverable_here: false, message_annotations: { added: types.wrap_short(3) } } as never);
  receiver.add_credit(1);
  const again = await event(receiver, 'message');
  assert.equal(again.message?.delivery_count, 1);
  again.delivery?.reject({ condition: 'com.example:bad', description: 'it is bad' } as never);
  const dead = await receive('q/$DeadLetterQueue');
  dead.delivery.release();
  const letter = await peekBytes('q/$DeadLetterQueue');
  const [before, after] = [sent, letter].map((bytes) =>
    mapSection(bytes, sectionsOf(bytes), section.applicationProperties),
  );
  for (const name of Object.keys(properties)) assert.deepEqual(after?.get(name), before?.get(name), name);
  assert.equal(before?.get('int')?.[0], 0x71);
  assert.equal(before?.get('span')?.[0], 0);
  assert.equal(after?.get('added')?.[0], 0x61);
  const text = (name: string) => decodeScalar(after?.get(name) ?? nothing);
  assert.equal(text('DeadLetterReason'), 'com.example:bad');
  assert.equal(text('DeadLetterErrorDescription'), 'it is bad');
  const annotations = mapSection(letter, sectionsOf(letter), section.messageAnnotations);
  assert.equal(decodeScalar(annotations.get('x-opt-mine') ?? nothing), 9n);
  assert.deepEqual(letter.subarray(sectionsOf(letter).body), sent.subarray(sectionsOf(sent).body));
});

test('a request is answered on the link whose target it names, and an unknown operation by its code', async () => {
  const peeked = await ask('q', 'com.microsoft:peek-message', {
    'from-sequence-number': types.wrap_long(1),
    'message-count': types.wrap_int(1),
  });
  assert.equal(peeked.correlation_id, 'm1');
  assert.ok([200, 204].includes(peeked.application_properties?.['statusCode']));
  assert.equal((await ask('q', 'com.microsoft:nonsense', {})).application_properties?.['statusCode'], 501);
  const malformed = await ask('q', 'com.microsoft:renew-lock', { 'lock-tokens': 5 });
  assert.equal(malformed.application_properties?.['statusCode'], 400);
});

test('a transaction is refused at once', async () => {
  const sender = connection.open_sender({ target: {} });
  const { sender: refused } = await event(sender, 'sender_error');
  assert.equal((refused?.error as { condition?: string } | undefined)?.condition, 'amqp:not-implemented');
});

test('an empty filter is no wish for a session; a null one is for the next', async () => {
  const plain = connection.open_receiver({ source: { address: 'q', filter: {} }, credit_window: 0 });
  await event(plain, 'receiver_open');
  await send(await openSender('sessions'), { body: 1, group_id: 'a' });
  const next = connection.open_receiver({
    source: { address: 'sessions', filter: { 'com.microsoft:session-filter': null as never } },
    credit_window: 0,
  });
  await event(next, 'receiver_open');
  const filter = (next.source as { filter?: Record<string, unknown> }).filter;
  assert.equal(filter?.['com.microsoft:session-filter'], 'a');
  next.close();
});

test('a connection that breaks gives its session up; a link that stops waiting for one is answered', async () => {
  await send(await openSender('sessions'), { body: 1, group_id: 'broken' });
  const filter = { 'com.microsoft:session-filter': 'broken' as never };
  const source = { address: 'sessions', filter };
  const other = connect('RootManageSharedAccessKey', key);
  await event(other, 'connection_open');
  await event(other.open_receiver({ source, credit_window: 0 }), 'receiver_open');
  const tooEarly = connection.open_receiver({ source, credit_window: 0 });
  await event(tooEarly, 'receiver_error');
  (other as unknown as { socket: { destroy(): void } }).socket.destroy();
  const isFree = async (): Promise<boolean> => {
    const receiver = connection.open_receiver({ source, credit_window: 0 });
    const granted = await new Promise<boolean>((resolve) => {
      receiver.once('receiver_error', () => resolve(false));
      receiver.once('receiver_open', (opened: EventContext) => {
        if (opened.receiver?.source?.address !== undefined) resolve(true);
      });
    });
    if (granted) receiver.close();
    return granted;
  };
  await until('the session was free', isFree);
  const empty = { 'com.microsoft:session-filter': null as never };
  const drained = await receive('sessions', {
    source: { address: 'sessions', filter: { 'com.microsoft:session-filter': 'broken' as never } },
  });
  drained.delivery.accept();
  drained.receiver.close();
  const waiting = connection.open_receiver({ source: { address: 'sessions', filter: empty }, credit_window: 0 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  waiting.close();
  await event(waiting, 'receiver_close');
});

test('a refused message between accepted ones is refused alone', async () => {
  const sender = await openSender('sessions');
  const outcomes: string[] = [];
  const all = new Promise<void>((resolve) => {
    for (const name of ['accepted', 'rejected'])
      sender.on(name, () => {
        outcomes.push(name);
        if (outcomes.length === 3) resolve();
      });
  });
  sender.send({ body: 1, group_id: 'b' });
  sender.send({ body: 2 });
  sender.send({ body: 3, group_id: 'b' });
  await all;
  assert.deepEqual(outcomes.sort(), ['accepted', 'accepted', 'rejected']);
});

test('messages larger than a frame go both ways, and drain is answered each time', async () => {
  const sender = await openSender('q');
  await send(sender, { body: 'x'.repeat(180_000) });
  const { delivery, message, receiver } = await receive('q');
  assert.equal(String(message.body).length, 180_000);
  delivery.accept();
  for (let n = 0; n < 3; n++) {
    receiver.add_credit(10);
    const drained = event(receiver, 'receiver_drained');
    receiver.drain_credit();
    await drained;
    (receiver as unknown as { drain: boolean }).drain = false;
  }
  await send(sender, { body: 'after' });
  receiver.add_credit(1);
  const { delivery: last, message: again } = await event(receiver, 'message');
  assert.equal(again?.body, 'after');
  last?.accept();
});

test('nobody sends to a subscription or to dead letters', async () => {
  for (const address of ['t/Subscriptions/s', 'q/$DeadLetterQueue', 't/Subscriptions/nowhere']) {
    const sender = connection.open_sender({ target: { address } });
    const { sender: refused } = await event(sender, 'sender_error');
    assert.equal((refused?.error as { condition?: string } | undefined)?.condition, 'amqp:not-found');
  }
});
