/**
 * Every line that Wardline logs, in one place: what it says, how loud, and the id that alerts and dashboards use.
 * Nothing logged holds patient data; attributes are ids, counts and codes.
 */
export const logLines = {
  'unexpected-error': { id: 100, level: 'error', text: 'A request failed in a way nobody foresaw' },
  'request-failed': { id: 101, level: 'error', text: 'A request failed because something that it needs is away' },
  'audit-queue-slow': {
    id: 200,
    level: 'warning',
    text: 'The audit queue did not confirm in time; the entry is in the outbox',
  },
  'audit-complete': { id: 202, level: 'information', text: 'Each request that was answered in an hour has its entry' },
  'audit-incomplete': { id: 203, level: 'error', text: 'Requests were answered in an hour that have no entry' },
  'emergency-access': {
    id: 201,
    level: 'warning',
    text: 'Somebody opened emergency access to a record; a privacy officer has a Task to look at it',
  },
  'relay-dead-letter': {
    id: 300,
    level: 'error',
    text: 'A document could not be relayed and lies in the dead-letter blobs',
  },
  'transactions-swept': { id: 301, level: 'warning', text: 'Staged transactions whose writer died were settled' },
  'contents-swept': {
    id: 304,
    level: 'information',
    text: 'Contents of Binaries that no record refers to were removed',
  },
  'delivery-failed': { id: 302, level: 'warning', text: 'A message could not be handled and will be delivered again' },
  'message-dead-lettered': {
    id: 303,
    level: 'error',
    text: 'A message could not be handled and goes to the dead-letter queue: npm run dead-letters',
  },
  'bed-moved-malformed': { id: 400, level: 'warning', text: 'Another system published a malformed bed-moved event' },
} as const satisfies Record<string, { id: number; level: 'information' | 'warning' | 'error'; text: string }>;

export type LogName = keyof typeof logLines;
