import type { Reply } from '../../shared/http.ts';

/** What the caller prefers (RFC 7240; http://hl7.org/fhir/R4/http.html#ops and search.html#errors). */
export interface Preferences {
  readonly return: 'representation' | 'minimal' | 'OperationOutcome';
  /** The same where the caller said so; undefined: it did not. */
  readonly asked: Preferences['return'] | undefined;
  /** Undefined: unknown search parameters are errors, since a search that passes one over finds too much. */
  readonly lenient: boolean;
}

const returns = ['minimal', 'OperationOutcome', 'representation'] as const;

export function preferencesOf(headers: Headers): Preferences {
  const prefer = headers.get('prefer') ?? '';
  const asked = returns.find((one) => new RegExp(`(?:^|[,;])\\s*return="?${one}"?`).test(prefer));
  return {
    return: asked ?? 'representation',
    asked,
    lenient: /(?:^|[,;])\s*handling="?lenient"?/.test(prefer),
  };
}

/** The answer to a write in the form that the caller prefers. */
export function asPreferred(headers: Headers, reply: Reply): Reply {
  const wanted = preferencesOf(headers).return;
  if (wanted === 'representation') return reply;
  const { json: _, contentType, ...rest } = reply;
  if (wanted === 'minimal') return rest;
  return { ...rest, json: allGood('The resource is stored.'), contentType: contentType ?? 'application/fhir+json' };
}

/** An OperationOutcome that says that nothing is wrong. */
export const allGood = (text: string): object => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'information', code: 'informational', details: { text } }],
});
