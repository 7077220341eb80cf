import { type EncodedMap, encodeMap, encodeText } from './encoded.ts';
import { encodeScalar } from './scalar.ts';
import { listSection, mapSection, section, sectionsOf } from './sections.ts';

/** What the broker says of a message that it hands over. Times are milliseconds since 1970. */
export interface DeliveryFacts {
  readonly sequence: number;
  readonly enqueuedSequence: number;
  /** 0 active, 1 deferred, 2 scheduled. */
  readonly state: number;
  readonly deliveryCount: number;
  readonly enqueuedAt: number;
  /** 0: never. */
  readonly expiresAt: number;
  readonly lockedUntil?: number;
  /** The entity whose dead letter it is. */
  readonly source: string | null;
}

const nothing = Buffer.of(0x40);

function uint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = 0x70;
  bytes.writeUInt32BE(Math.min(value, 0xffff_ffff), 1);
  return bytes;
}

function int(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = 0x71;
  bytes.writeInt32BE(value, 1);
  return bytes;
}

const time = (milliseconds: number): Buffer => encodeScalar(new Date(milliseconds));

/** The message as a receiver gets it: the broker's header and annotations, then the sender's own sections untouched. */
export function toDelivery(bytes: Buffer, facts: DeliveryFacts): Buffer {
  const sections = sectionsOf(bytes);
  const [, priority = nothing] = listSection(bytes, sections, section.header);
  const lifetime = facts.expiresAt > 0 ? uint(Math.max(facts.expiresAt - facts.enqueuedAt, 1)) : nothing;
  const fields = [Buffer.of(0x41), priority, lifetime, nothing, uint(facts.deliveryCount)];
  const size = fields.reduce((sum, { length }) => sum + length, 1);
  const annotations: EncodedMap = mapSection(bytes, sections, section.messageAnnotations);
  annotations.set('x-opt-enqueued-time', time(facts.enqueuedAt));
  annotations.set('x-opt-sequence-number', encodeScalar(BigInt(facts.sequence)));
  annotations.set('x-opt-enqueue-sequence-number', encodeScalar(BigInt(facts.enqueuedSequence)));
  annotations.set('x-opt-message-state', int(facts.state));
  if (facts.lockedUntil !== undefined) annotations.set('x-opt-locked-until', time(facts.lockedUntil));
  if (facts.source !== null) annotations.set('x-opt-deadletter-source', encodeText(facts.source));
  const bare =
    sections.at.get(section.properties)?.start ??
    sections.at.get(section.applicationProperties)?.start ??
    sections.body;
  return Buffer.concat([
    Buffer.of(0, 0x53, section.header, 0xc0, size, fields.length),
    ...fields,
    Buffer.of(0, 0x53, section.messageAnnotations),
    encodeMap(annotations, 'symbol'),
    bytes.subarray(bare),
  ]);
}
