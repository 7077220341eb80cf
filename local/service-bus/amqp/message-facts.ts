import { MalformedAmqp } from './encoded.ts';
import { decodeScalar, type Scalar, Uuid } from './scalar.ts';
import { listSection, mapSection, section, sectionsOf } from './sections.ts';

/** What the broker must know of a message that it takes in. */
export interface MessageFacts {
  readonly messageId: string | undefined;
  readonly sessionId: string | undefined;
  /** Milliseconds; undefined: as the entity says. */
  readonly timeToLive: number | undefined;
  /** Milliseconds since 1970, for a message that is to wait. */
  readonly scheduledFor: number | undefined;
}

const text = (value: Scalar | undefined): string | undefined =>
  value == null ? undefined : value instanceof Uuid ? value.text : String(value);

/** Reads what the broker must know. @throws MalformedAmqp, also when a part that is passed on untouched is malformed */
export function messageFacts(bytes: Buffer): MessageFacts {
  const sections = sectionsOf(bytes);
  const header = listSection(bytes, sections, section.header);
  const properties = listSection(bytes, sections, section.properties);
  const annotations = mapSection(bytes, sections, section.messageAnnotations);
  mapSection(bytes, sections, section.applicationProperties);
  const at = (list: readonly Buffer[], index: number): Scalar | undefined => {
    const item = list[index];
    if (item === undefined) return undefined;
    // A binary id is allowed by AMQP; it is known by its bytes.
    return item[0] === 0xa0 || item[0] === 0xb0 ? item.toString('base64') : decodeScalar(item);
  };
  const timeToLive = at(header, 2);
  const scheduled = annotations.get('x-opt-scheduled-enqueue-time');
  const scheduledFor = scheduled === undefined ? null : decodeScalar(scheduled);
  if (scheduledFor !== null && !(scheduledFor instanceof Date))
    throw new MalformedAmqp('x-opt-scheduled-enqueue-time is no timestamp.');
  return {
    messageId: text(at(properties, 0)),
    sessionId: text(at(properties, 10)),
    timeToLive: timeToLive == null ? undefined : Number(timeToLive),
    scheduledFor: scheduledFor?.getTime(),
  };
}
