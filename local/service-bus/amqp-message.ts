import { randomUUID } from 'node:crypto';
import { decodeMessage, type MessageHead, message, type Typed, types } from './rhea.ts';

/** Section codes (AMQP 1.0, 3.2). */
const messageAnnotations = 0x72;
const properties = 0x73;
const applicationProperties = 0x74;
const data = 0x75;

interface Sections {
  /** Start, end and start of the value by section code. */
  readonly at: ReadonlyMap<number, { readonly start: number; readonly end: number; readonly value: number }>;
  readonly body: number;
}

/** Length of the encoded list, map or binary at a position. */
function valueSize(bytes: Buffer, position: number): number {
  const code = bytes[position];
  if (code === 0x45) return 1;
  if (code === 0xc0 || code === 0xc1 || code === 0xa0) return 2 + (bytes[position + 1] ?? 0);
  if (code === 0xd0 || code === 0xd1 || code === 0xb0) return 5 + bytes.readUInt32BE(position + 1);
  return bytes.length - position;
}

/** @throws Error when the bytes are no AMQP message. */
function sectionsOf(bytes: Buffer): Sections {
  const at = new Map<number, { start: number; end: number; value: number }>();
  let position = 0;
  while (position < bytes.length) {
    if (bytes[position] !== 0) throw new Error('not an AMQP section');
    const small = bytes[position + 1] === 0x53;
    if (!small && bytes[position + 1] !== 0x80) throw new Error('not an AMQP section descriptor');
    const code = bytes[position + (small ? 2 : 9)] ?? 0;
    if (code >= data) return { at, body: position };
    const value = position + (small ? 3 : 10);
    const end = value + valueSize(bytes, value);
    at.set(code, { start: position, end, value });
    position = end;
  }
  return { at, body: bytes.length };
}

/** Everything but the body. @throws Error when the bytes are no AMQP message. */
export const readHead = (bytes: Buffer): MessageHead => decodeMessage(bytes.subarray(0, sectionsOf(bytes).body));

/** The messages inside a batch (message format 0x80013700: one data section each). */
export function batchedMessages(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let position = 0;
  while (position < bytes.length) {
    const small = bytes[position + 1] === 0x53;
    const code = bytes[position + (small ? 2 : 9)];
    const value = position + (small ? 3 : 10);
    const size = valueSize(bytes, value);
    if (code === data)
      messages.push(Buffer.from(bytes.subarray(value + (bytes[value] === 0xa0 ? 2 : 5), value + size)));
    position = value + size;
  }
  return messages;
}

const encode = (typed: unknown): Buffer => {
  const writer = new types.Writer();
  writer.write(typed);
  return Buffer.from(writer.toBuffer());
};

/** A map whose values keep their AMQP types, so that a rewrite widens no number. */
export function typedMap(typed: Typed | undefined): Map<string, Typed> {
  const list = (typed?.value ?? []) as readonly Typed[];
  const map = new Map<string, Typed>();
  for (let i = 0; i + 1 < list.length; i += 2) {
    const [key, value] = [list[i], list[i + 1]];
    if (key !== undefined && value !== undefined) map.set(String(key.value), value);
  }
  return map;
}

const readSection = (bytes: Buffer, sections: Sections, code: number): Typed | undefined => {
  const section = sections.at.get(code);
  return section === undefined ? undefined : new types.Reader(bytes.subarray(section.value, section.end)).read();
};

const isTyped = (value: unknown): value is Typed =>
  typeof value === 'object' && value !== null && 'type' in value && 'value' in value && !(value instanceof Date);

/** The message with further application properties; everything else stays byte for byte. */
export function withApplicationProperties(bytes: Buffer, added: ReadonlyMap<string, unknown>): Buffer {
  const sections = sectionsOf(bytes);
  const map = new Map<string, unknown>(typedMap(readSection(bytes, sections, applicationProperties)));
  for (const [key, value] of added) map.set(key, value);
  const items = [...map].flatMap(([key, value]) => [
    types.wrap_string(key),
    isTyped(value) ? value : types.wrap(value),
  ]);
  const section = sections.at.get(applicationProperties);
  const start = section?.start ?? sections.body;
  const written =
    items.length === 0
      ? Buffer.alloc(0)
      : encode(types.described(types.wrap_ulong(applicationProperties), types.Map32(items)));
  return Buffer.concat([bytes.subarray(0, start), written, bytes.subarray(section?.end ?? start)]);
}

/** The service gives a message an id when its sender gave none. */
export function withMessageId(bytes: Buffer): Buffer {
  const sections = sectionsOf(bytes);
  const list = [...((readSection(bytes, sections, properties)?.value ?? []) as unknown[])];
  list[0] = types.wrap_string(randomUUID().replaceAll('-', ''));
  const written = encode(types.described(types.wrap_ulong(properties), types.List32(list)));
  const section = sections.at.get(properties);
  const start = section?.start ?? sections.at.get(applicationProperties)?.start ?? sections.body;
  return Buffer.concat([bytes.subarray(0, start), written, bytes.subarray(section?.end ?? start)]);
}

/** What the broker says of a message that it hands over. Times are milliseconds since 1970. */
export interface DeliveryFacts {
  readonly sequence: number;
  readonly deliveryCount: number;
  readonly enqueuedAt: number;
  readonly lockedUntil?: number;
  readonly deadLetterSource?: string;
}

/** The message as a receiver gets it: the broker's header and annotations, then the sender's own sections untouched. */
export function toDelivery(bytes: Buffer, facts: DeliveryFacts): Buffer {
  const sections = sectionsOf(bytes);
  const sent = readHead(bytes);
  const annotations: Record<string, unknown> = {
    ...Object.fromEntries(typedMap(readSection(bytes, sections, messageAnnotations))),
    'x-opt-enqueued-time': types.wrap_timestamp(facts.enqueuedAt),
    'x-opt-sequence-number': types.wrap_long(facts.sequence),
    'x-opt-enqueue-sequence-number': types.wrap_long(facts.sequence),
    'x-opt-message-state': types.wrap_int(0),
  };
  if (facts.lockedUntil !== undefined) annotations['x-opt-locked-until'] = types.wrap_timestamp(facts.lockedUntil);
  if (facts.deadLetterSource !== undefined) annotations['x-opt-deadletter-source'] = facts.deadLetterSource;
  const writer = new types.Writer();
  writer.write(
    message
      .header({ durable: true, priority: sent.priority, ttl: sent.ttl, delivery_count: facts.deliveryCount })
      .described(),
  );
  writer.write(types.described(types.wrap_ulong(messageAnnotations), types.wrap_symbolic_map(annotations)));
  const bare = sections.at.get(properties)?.start ?? sections.at.get(applicationProperties)?.start ?? sections.body;
  return Buffer.concat([Buffer.from(writer.toBuffer()), bytes.subarray(bare)]);
}

/** A .NET Guid has its first three parts in the other byte order; delivery tags use it, management bodies do not. */
export const reorderGuid = (bytes: Uint8Array): Buffer =>
  Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((from) => bytes[from] ?? 0));
