import { type EncodedMap, encodeList, encodeMap, encodeText } from './encoded.ts';
import { listSection, mapSection, type Sections, section, sectionsOf } from './sections.ts';

/** Order of the sections that may be replaced; a new one goes before the first of those that follow it. */
const order = [section.properties, section.applicationProperties];

function replaceSection(bytes: Buffer, sections: Sections, code: number, value: Buffer): Buffer {
  const present = sections.at.get(code);
  const following = order.slice(order.indexOf(code as never) + 1).flatMap((later) => sections.at.get(later) ?? []);
  const start = present?.start ?? following[0]?.start ?? sections.body;
  return Buffer.concat([
    bytes.subarray(0, start),
    Buffer.of(0, 0x53, code),
    value,
    bytes.subarray(present?.end ?? start),
  ]);
}

/** The message with these application properties added, everything else byte for byte. */
export function withApplicationProperties(bytes: Buffer, added: EncodedMap): Buffer {
  if (added.size === 0) return bytes;
  const sections = sectionsOf(bytes);
  const map = mapSection(bytes, sections, section.applicationProperties);
  for (const [key, value] of added) map.set(key, value);
  return replaceSection(bytes, sections, section.applicationProperties, encodeMap(map, 'string'));
}

/** The message with other application properties, everything else byte for byte. */
export const replaceApplicationProperties = (bytes: Buffer, map: EncodedMap): Buffer =>
  replaceSection(bytes, sectionsOf(bytes), section.applicationProperties, encodeMap(map, 'string'));

/** The message with fields of its properties section replaced. @param changes encoded values by index (AMQP 1.0, 3.2.4) */
export function withProperties(bytes: Buffer, changes: ReadonlyMap<number, Buffer>): Buffer {
  const sections = sectionsOf(bytes);
  const list = listSection(bytes, sections, section.properties);
  for (const [index, value] of changes) {
    while (list.length < index) list.push(Buffer.of(0x40));
    list[index] = value;
  }
  return replaceSection(bytes, sections, section.properties, encodeList(list));
}

/** The service gives a message an id when its sender gave none. @param id 32 hexadecimal digits */
export const withMessageId = (bytes: Buffer, id: string): Buffer =>
  withProperties(bytes, new Map([[0, encodeText(id)]]));
