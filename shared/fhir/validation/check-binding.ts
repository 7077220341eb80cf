import profiles from '../generated/profiles.json' with { type: 'json' };
import ofTypes from '../generated/required-codes.json' with { type: 'json' };
import type { CodesBySystem } from './definition-rows.ts';

const tables: Readonly<Record<string, CodesBySystem | undefined>> = { ...profiles.codes, ...ofTypes };
const sets = new Map<string, ReadonlySet<string> | undefined>();
const listed = 30;

/**
 * What a code should be, if it is not of the value set that is required
 * (http://hl7.org/fhir/R4/terminologies.html#required). Of a value set that nobody can list any code is accepted, but
 * a concept must have one: text alone is none.
 */
export function checkBinding(valueSet: string, type: string, value: unknown): string | undefined {
  const table = tables[valueSet];
  const codes = codesIn(type, value, table);
  if (codes === undefined) return undefined;
  if (table === undefined)
    return type === 'CodeableConcept' && codes.length === 0 ? `a coding with a code of ${valueSet}` : undefined;
  const allowed = allowedBy(valueSet, table);
  return codes.some((code) => allowed.has(code)) ? undefined : describe(valueSet, table, type);
}

/** Whether a value is of a value set; undefined: nobody can list it. */
export const isOf = (valueSet: string, type: string, value: unknown): boolean | undefined =>
  tables[valueSet] === undefined ? undefined : checkBinding(valueSet, type, value) === undefined;

function allowedBy(url: string, table: CodesBySystem): ReadonlySet<string> {
  const found = sets.get(url) ?? new Set(Object.values(table).flat());
  sets.set(url, found);
  return found;
}

/** The codes of a value that may meet the binding; undefined: there is nothing to decide. */
function codesIn(type: string, value: unknown, table: CodesBySystem | undefined): string[] | undefined {
  if (type === 'code') return typeof value === 'string' && value !== '' ? [value] : undefined;
  if (typeof value !== 'object' || value === null || hasDataAbsentReason(value)) return undefined;
  if (type === 'Coding') return codeIn(value, table);
  if (type !== 'CodeableConcept') return undefined;
  const codings: unknown = Reflect.get(value, 'coding');
  return (Array.isArray(codings) ? codings : []).flatMap((coding) => codeIn(coding, table));
}

/** The code of a coding, unless its system is none of the value set's. */
function codeIn(coding: unknown, table: CodesBySystem | undefined): string[] {
  if (typeof coding !== 'object' || coding === null) return [];
  const [system, code] = [Reflect.get(coding, 'system'), Reflect.get(coding, 'code')];
  if (typeof code !== 'string') return [];
  return table === undefined || typeof system !== 'string' || table[system]?.includes(code) ? [code] : [];
}

const hasDataAbsentReason = (value: object): boolean => {
  const extensions: unknown = Reflect.get(value, 'extension');
  return (
    Array.isArray(extensions) &&
    extensions.some((one) => one?.url === 'http://hl7.org/fhir/StructureDefinition/data-absent-reason')
  );
};

/** What is allowed; a code alone needs no system, since the element's binding implies it. */
function describe(url: string, table: CodesBySystem, type: string): string {
  const systems = Object.entries(table);
  if (systems.reduce((sum, [, codes]) => sum + codes.length, 0) > listed) return `a code of ${url}`;
  return `one of the codes ${systems
    .map(([system, codes]) => (type === 'code' ? codes.join(', ') : `${codes.join(', ')} of ${system}`))
    .join(type === 'code' ? ', ' : ' or ')}`;
}
