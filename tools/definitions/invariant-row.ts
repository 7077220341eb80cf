import type { InvariantRow } from '../../shared/fhir/validation/definition-rows.ts';
import type { Json } from './json.ts';

/** Invariants that the validator checks in its own, cheaper way, or that ask for what a resource alone does not show. */
const checkedElsewhere = new Set(
  'ele-1 ext-1 txt-1 txt-2 dom-2 dom-3 dom-4 dom-5 ref-1 qty-3 att-1 cpt-2 per-1 rng-2 rat-1 ctm-1'.split(' '),
);

/** The invariants of an element whose breach is an error. */
export function invariantRows(element: Json): InvariantRow[] {
  return ((element['constraint'] ?? []) as Json[])
    .filter(
      ({ severity, key, expression }) =>
        severity === 'error' && typeof expression === 'string' && !checkedElsewhere.has(String(key)),
    )
    .map(({ key, expression, human }) => {
      const plain = withoutTrace(String(expression));
      const when = withoutWhich(plain);
      return { key: String(key), expression: plain, human: String(human), ...(when === undefined ? {} : { when }) };
    });
}

/** `trace()` prints what it is given, which may be about a patient. */
const withoutTrace = (expression: string): string => expression.replace(/\.trace\([^)]*\)/g, '');

/**
 * The element without which an expression holds: `a.empty() or …`, `… or a.empty()`, `a.exists() implies …`, unless
 * something that binds weaker follows (http://hl7.org/fhirpath/N1/#operator-precedence).
 */
function withoutWhich(expression: string): string | undefined {
  const [, first, rest = ''] = /^(\w+)\.(?:empty\(\) or|exists\(\) implies)\b(.*)$/s.exec(expression) ?? [];
  const [, before = '', last] = /^(.*) or (\w+)\.empty\(\)$/s.exec(expression) ?? [];
  const weaker = / (implies|xor) /;
  return first !== undefined && !weaker.test(rest) ? first : weaker.test(before) ? undefined : last;
}
