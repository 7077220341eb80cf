import type { Call } from '../context.ts';
import { WardlineError } from '../errors.ts';

/** One range of a session token as Cosmos DB writes it: `range:version#lsn#region=lsn`. */
const range = String.raw`\d{1,10}:-?\d{1,20}(?:#-?\d{1,20}(?:=-?\d{1,20})?)*`;
const sessionToken = new RegExp(`^${range}(?:,${range})*$`);
const maximumLength = 8_000;

/**
 * The call with the session that the caller brought, so that it reads what it wrote.
 * @throws WardlineError `invalid-parameter` for a session token that no answer ever gave
 */
export function withSession(call: Call, headers: Headers): Call {
  const session = headers.get('x-wardline-session');
  // An empty one comes from an answer that needed no trip to the store.
  if (session === null || session === '') return call;
  if (session.length > maximumLength || !sessionToken.test(session))
    throw new WardlineError('invalid-parameter', 'Send x-wardline-session exactly as an answer gave it.', {
      expression: 'x-wardline-session',
    });
  return { ...call, session };
}
