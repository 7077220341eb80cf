import type { EncodedMap } from '../amqp/encoded.ts';
import { decodeScalar, type Scalar } from '../amqp/scalar.ts';
import { listSection, mapSection, section, sectionsOf } from '../amqp/sections.ts';

/** System properties that are fields of the properties section, with their places there (AMQP 1.0, 3.2.4). */
export const propertyFields: Readonly<Record<string, number>> = {
  messageid: 0,
  to: 2,
  label: 3,
  subject: 3,
  replyto: 4,
  correlationid: 5,
  contenttype: 6,
  sessionid: 10,
  replytosessionid: 12,
};

/** System properties that a filter may name, in small letters. */
export const systemProperties: ReadonlySet<string> = new Set([
  ...Object.keys(propertyFields),
  'enqueuedtimeutc',
  'scheduledenqueuetimeutc',
  'partitionkey',
  'size',
]);

/** A message as filters and actions see it; what an action sets is seen by the statements after it. */
export class RuleMessage {
  readonly user: EncodedMap;
  readonly changedFields = new Map<number, Buffer>();
  readonly #fields: readonly Buffer[];
  readonly #annotations: EncodedMap;
  readonly #size: number;
  readonly #enqueuedAt: number;

  /** @param enqueuedAt milliseconds since 1970 */
  constructor(bytes: Buffer, enqueuedAt: number) {
    const sections = sectionsOf(bytes);
    this.user = mapSection(bytes, sections, section.applicationProperties);
    this.#fields = listSection(bytes, sections, section.properties);
    this.#annotations = mapSection(bytes, sections, section.messageAnnotations);
    this.#size = bytes.length;
    this.#enqueuedAt = enqueuedAt;
  }

  /** @param name in small letters; one of {@link systemProperties} */
  system(name: string): Scalar | undefined {
    const field = propertyFields[name];
    if (field !== undefined) return scalar(this.changedFields.get(field) ?? this.#fields[field]);
    if (name === 'enqueuedtimeutc') return new Date(this.#enqueuedAt);
    if (name === 'size') return BigInt(this.#size);
    return scalar(
      this.#annotations.get(name === 'partitionkey' ? 'x-opt-partition-key' : 'x-opt-scheduled-enqueue-time'),
    );
  }

  userProperty(name: string): Scalar | undefined {
    return scalar(this.user.get(name));
  }
}

const scalar = (bytes: Buffer | undefined): Scalar | undefined =>
  bytes === undefined ? undefined : decodeScalar(bytes);
