import type { AuditEntry } from './entry.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value.length <= 500;
const like =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shape =
  (checks: Record<string, Check>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(checks).every(([key, check]) => check(Reflect.get(value, key)));

/** Only what decides an entry's place is strict: an entry that is refused here is one that the trail would lack. */
const isEntry = shape({
  id: like(/^.{1,500}$/),
  trust: like(/^[A-Za-z0-9-]{1,31}$/),
  recorded: like(/^\d{4}-(0[1-9]|1[0-2])-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
  action: like(/^[CRUDE]$/),
  subtype: text,
  outcome: like(/^(0|4|8|12)$/),
  reason: optional(text),
  agent: shape({ id: text, role: text, kind: text, trust: text, app: optional(text) }),
  policy: text,
  patients: listOf(like(/^[^|]{1,100}$/)),
  entities: listOf(shape({ type: text, id: text, versionId: optional(text) })),
  parameters: optional(listOf(text)),
  reported: optional(shape({ recorded: text, agent: optional(text) })),
  traceparent: text,
});

/** An entry as it came from a queue or a store; undefined: it is none. */
export const parseEntry = (value: unknown): AuditEntry | undefined =>
  isEntry(value) ? (value as AuditEntry) : undefined;
