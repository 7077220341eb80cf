import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeliveryFacts, toDelivery } from './delivery.ts';
import { encodeList, encodeMap, encodeText, MalformedAmqp, valueEnd } from './encoded.ts';
import { messageFacts } from './message-facts.ts';
import { withApplicationProperties, withMessageId } from './rewrite.ts';
import { decodeScalar, encodeScalar } from './scalar.ts';
import { batchedMessages, listSection, mapSection, section, sectionsOf } from './sections.ts';

const nothing = Buffer.of(0x40);
const uint = Buffer.of(0x70, 0, 0, 0x75, 0x30);
const described = Buffer.concat([Buffer.of(0), encodeText('com.microsoft:timespan', 'symbol'), Buffer.of(0x55, 7)]);
const part = (code: number, value: Buffer): Buffer => Buffer.concat([Buffer.of(0, 0x53, code), value]);
const header = part(section.header, encodeList([Buffer.of(0x41), Buffer.of(0x50, 4), uint]));
const annotations = part(
  section.messageAnnotations,
  encodeMap(new Map([['x-opt-mine', Buffer.of(0x71, 0, 0, 0, 9)]]), 'symbol'),
);
const properties = part(
  section.properties,
  encodeList([encodeText('m1'), ...Array.from({ length: 9 }, () => nothing), encodeText('s1')]),
);
const application = part(section.applicationProperties, encodeMap(new Map([['span', described]]), 'string'));
const body = Buffer.concat([part(section.data, Buffer.of(0xa0, 2, 1, 2)), part(section.data, Buffer.of(0xa0, 1, 3))]);
const message = Buffer.concat([header, annotations, properties, application, body]);

test('the broker reads id, session and time to live, and no more', () => {
  assert.deepEqual(messageFacts(message), {
    messageId: 'm1',
    sessionId: 's1',
    timeToLive: 30_000,
    scheduledFor: undefined,
  });
  assert.deepEqual(messageFacts(body), {
    messageId: undefined,
    sessionId: undefined,
    timeToLive: undefined,
    scheduledFor: undefined,
  });
});

test('a rewrite changes what it should and nothing else', () => {
  const changed = withApplicationProperties(message, new Map([['added', encodeScalar(1n)]]));
  const found = mapSection(changed, sectionsOf(changed), section.applicationProperties);
  assert.deepEqual(found.get('span'), described);
  assert.equal(decodeScalar(found.get('added') ?? nothing), 1n);
  assert.deepEqual(changed.subarray(sectionsOf(changed).body), body);
  assert.equal(messageFacts(withMessageId(body, 'made')).messageId, 'made');
  assert.deepEqual(withMessageId(body, 'made').subarray(-body.length), body);
});

test('a delivery carries the broker’s header and annotations beside the sender’s', () => {
  const facts: DeliveryFacts = {
    sequence: 7,
    enqueuedSequence: 5,
    state: 1,
    deliveryCount: 2,
    enqueuedAt: 1000,
    expiresAt: 61_000,
    lockedUntil: 2000,
    source: 'q',
  };
  const delivery = toDelivery(message, facts);
  const sections = sectionsOf(delivery);
  const [durable, priority, lifetime, , count] = listSection(delivery, sections, section.header).map(decodeScalar);
  assert.deepEqual([durable, priority, lifetime, count], [true, 4n, 60_000n, 2n]);
  const told = mapSection(delivery, sections, section.messageAnnotations);
  const value = (name: string) => decodeScalar(told.get(name) ?? nothing);
  assert.equal(value('x-opt-mine'), 9n);
  assert.equal(value('x-opt-sequence-number'), 7n);
  assert.equal(value('x-opt-enqueue-sequence-number'), 5n);
  assert.deepEqual(value('x-opt-locked-until'), new Date(2000));
  assert.equal(value('x-opt-deadletter-source'), 'q');
  assert.deepEqual(
    delivery.subarray(sections.at.get(section.properties)?.start),
    message.subarray(header.length + annotations.length),
  );
});

test('a batch is its messages', () => {
  const batch = Buffer.concat(
    [message, body].map((one) =>
      part(section.data, Buffer.concat([Buffer.of(0xb0, 0, 0, one.length >> 8, one.length & 255), one])),
    ),
  );
  assert.deepEqual(batchedMessages(batch), [message, body]);
});

test('values end where they end: every width, and not beyond the bytes', () => {
  const ends: readonly (readonly [bytes: number[], end: number])[] = [
    [[0x40], 1],
    [[0x53, 1], 2],
    [[0x60, 1, 2], 3],
    [[0x70, 1, 2, 3, 4], 5],
    [[0x80, 1, 2, 3, 4, 5, 6, 7, 8], 9],
    [[0x94, ...Array.from({ length: 16 }, () => 0)], 17],
    [[0xa1, 2, 65, 66], 4],
    [[0xb1, 0, 0, 0, 1, 65], 6],
    [[0xc0, 2, 1, 0x40], 4],
    [[0xd0, 0, 0, 0, 5, 0, 0, 0, 1, 0x40], 10],
    [[0xe0, 3, 1, 0x50, 7], 5],
    [[0, 0xa3, 1, 65, 0x55, 7], 6],
  ];
  for (const [bytes, end] of ends) {
    assert.equal(valueEnd(Buffer.from(bytes), 0), end);
    for (let cut = 0; cut < bytes.length; cut++)
      assert.throws(() => valueEnd(Buffer.from(bytes.slice(0, cut)), 0), MalformedAmqp);
  }
  for (const code of [0x10, 0x20, 0x30, 0x3f]) assert.throws(() => valueEnd(Buffer.of(code, 0, 0), 0), MalformedAmqp);
});

test('no damage to a message makes reading it fail in another way than by saying so', () => {
  let malformed = 0;
  for (let place = 0; place < message.length; place++)
    for (const value of [0x00, 0x40, 0x53, 0x80, 0xa1, 0xb1, 0xc1, 0xd1, 0xf0, 0xff]) {
      const damaged = Buffer.from(message);
      damaged[place] = value;
      try {
        messageFacts(damaged);
      } catch (error) {
        if (!(error instanceof MalformedAmqp)) throw error;
        malformed++;
      }
    }
  assert.ok(malformed > 100);
});
