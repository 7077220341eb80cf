import type { InternalSchemaElement } from '@medplum/core';
import codes from '../generated/required-codes.json' with { type: 'json' };

type CodesBySystem = Readonly<Record<string, readonly string[]>>;
const tables = codes as Readonly<Record<string, CodesBySystem | undefined>>;
const sets = new Map<string, ReadonlySet<string> | undefined>();
const listed = 30;

/**
 * What a code should be, if the element binds it to a value set and it is not of that
 * (http://hl7.org/fhir/R4/terminologies.html#required). Value sets that nobody can list refuse nothing.
 */
export function checkBinding(element: InternalSchemaElement, type: string, value: unknown): string | undefined {
  const { strength, valueSet } = element.binding ?? {};
  const url = strength === 'required' ? valueSet?.split('|')[0] : undefined;
  const table = url === undefined ? undefined : tables[url];
  if (url === undefined || table === undefined) return undefined;
  const allowed = allowedBy(url, table);
  return codesIn(type, value, table)?.some((code) => allowed.has(code)) === false ? describe(url, allowed) : undefined;
}

function allowedBy(url: string, table: CodesBySystem): ReadonlySet<string> {
  const found = sets.get(url) ?? new Set(Object.values(table).flat());
  sets.set(url, found);
  return found;
}

/** The codes of a value that may meet the binding; undefined: there is nothing to decide. */
function codesIn(type: string, value: unknown, table: CodesBySystem): string[] | undefined {
  if (type === 'code') return typeof value === 'string' && value !== '' ? [value] : undefined;
  if (typeof value !== 'object' || value === null || hasDataAbsentReason(value)) return undefined;
  if (type === 'Coding') return codeIn(value, table);
  if (type !== 'CodeableConcept') return undefined;
  const codings: unknown = Reflect.get(value, 'coding');
  return (Array.isArray(codings) ? codings : []).flatMap((coding) => codeIn(coding, table));
}

/** The code of a coding, unless its system is none of the value set's. */
function codeIn(coding: unknown, table: CodesBySystem): string[] {
  if (typeof coding !== 'object' || coding === null) return [];
  const [system, code] = [Reflect.get(coding, 'system'), Reflect.get(coding, 'code')];
  if (typeof code !== 'string') return [];
  return typeof system !== 'string' || table[system]?.includes(code) ? [code] : [];
}

const hasDataAbsentReason = (value: object): boolean => {
  const extensions: unknown = Reflect.get(value, 'extension');
  return (
    Array.isArray(extensions) &&
    extensions.some(({ url }) => url === 'http://hl7.org/fhir/StructureDefinition/data-absent-reason')
  );
};

const describe = (url: string, allowed: ReadonlySet<string>): string =>
  allowed.size > listed ? `a code of ${url}` : `one of the codes ${[...allowed].join(', ')}`;
