import type { Json } from './json.ts';

/** What a resource keeps when only a part of it was asked for; paths from the resource, e.g. `contact.name`. */
export interface SummaryRow {
  /** Elements marked `isSummary`, those of nested elements too. */
  readonly summary: readonly string[];
  /** Elements of the first level that must be there. */
  readonly mandatory: readonly string[];
}

/** By type, for `_summary` and `_elements` (http://hl7.org/fhir/R4/search.html#summary). */
export function summaryTable(structures: readonly Json[]): Record<string, SummaryRow> {
  const table: Record<string, SummaryRow> = {};
  for (const { kind, abstract, type, snapshot } of structures) {
    if (kind !== 'resource' || abstract === true) continue;
    const { element } = snapshot as { element: { path: string; isSummary?: boolean; min?: number }[] };
    const below = element.map((one) => ({ ...one, path: one.path.slice(String(type).length + 1) }));
    table[String(type)] = {
      summary: below.filter(({ path, isSummary }) => path !== '' && isSummary === true).map(({ path }) => path),
      mandatory: below
        .filter(({ path, min }) => path !== '' && !path.includes('.') && min === 1)
        .map(({ path }) => path),
    };
  }
  return table;
}
