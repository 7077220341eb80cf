import { type EncodedMap, encodedItems, encodedMap, MalformedAmqp, valueEnd } from './encoded.ts';

/** Section codes of a message (AMQP 1.0, 3.2). */
export const section = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  footer: 0x78,
} as const;

/** Where the sections of a message lie. */
export interface Sections {
  readonly at: ReadonlyMap<number, { readonly start: number; readonly value: number; readonly end: number }>;
  /** Where the body starts. */
  readonly body: number;
}

function sectionAt(bytes: Buffer, start: number): { code: number; value: number; end: number } {
  const small = bytes[start + 1] === 0x53;
  if (bytes[start] !== 0 || (!small && bytes[start + 1] !== 0x80))
    throw new MalformedAmqp('The bytes are no AMQP message section.');
  const code = bytes[start + (small ? 2 : 9)] ?? 0;
  if (code < section.header || code > section.footer)
    throw new MalformedAmqp(`0x${code.toString(16)} is no message section.`);
  const value = start + (small ? 3 : 10);
  return { code, value, end: valueEnd(bytes, value) };
}

/** Takes a message apart. Body sections are measured, not read. @throws MalformedAmqp */
export function sectionsOf(bytes: Buffer): Sections {
  const at = new Map<number, { start: number; value: number; end: number }>();
  let body = bytes.length;
  let position = 0;
  while (position < bytes.length) {
    const { code, value, end } = sectionAt(bytes, position);
    if (code >= section.data) body = Math.min(body, position);
    else if (body < bytes.length) throw new MalformedAmqp('A section stands behind the body.');
    else at.set(code, { start: position, value, end });
    position = end;
  }
  return { at, body };
}

/** The messages inside a batch (message format 0x80013700: a data section each). @throws MalformedAmqp */
export function batchedMessages(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let position = 0;
  while (position < bytes.length) {
    const { code, value, end } = sectionAt(bytes, position);
    if (code === section.data) messages.push(Buffer.from(bytes.subarray(value + (bytes[value] === 0xa0 ? 2 : 5), end)));
    position = end;
  }
  return messages;
}

/** A section that is a map; empty when it is not there. @throws MalformedAmqp */
export function mapSection(bytes: Buffer, sections: Sections, code: number): EncodedMap {
  const found = sections.at.get(code);
  return found === undefined ? new Map() : encodedMap(bytes, found.value);
}

/** A section that is a list; empty when it is not there. @throws MalformedAmqp */
export function listSection(bytes: Buffer, sections: Sections, code: number): Buffer[] {
  const found = sections.at.get(code);
  return found === undefined ? [] : encodedItems(bytes, found.value);
}
