import { createHash } from 'node:crypto';
import type { Call } from '../context.ts';

/**
 * Id of the audit entry of a viewing session: who looks at which ward in which hour, and who lies there. Whoever looks
 * every few seconds leaves one entry; a patient who comes begins another, so that each patient's disclosures are whole.
 * @param patients tokens
 */
export function viewingSessionId(call: Call, ward: string, patients: readonly string[]): string {
  const hour = call.receivedAt.toISOString().slice(0, 13);
  const text = [call.actor.trust, call.actor.id, ward, hour, ...patients.toSorted()].join('|');
  return `board-${createHash('sha256').update(text).digest('hex').slice(0, 26)}`;
}
