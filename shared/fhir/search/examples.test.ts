import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import {
  dateRange,
  type FhirResource,
  indexDates,
  indexTerms,
  matches,
  narrowing,
  parametersOf,
  parseSearch,
  type SearchEntry,
  searchEntries,
} from '../index.ts';

const folder = process.env['WARDLINE_TEST_DATA'] ?? resolve('../shared/data');
const bundled = ({ resource }: { readonly resource: FhirResource }): FhirResource => resource;
const resources: readonly FhirResource[] = [
  ...globSync(join(folder, '{hl7-r4-examples,ukcore/examples}/*.json')).map((file) =>
    JSON.parse(readFileSync(file, 'utf8')),
  ),
  ...globSync(join(folder, 'synthea-r4/*.json')).flatMap((file) =>
    JSON.parse(readFileSync(file, 'utf8')).entry.map(bundled),
  ),
];

const escaped = (text: string): string => text.replace(/[\\,|$]/g, (one) => `\\${one}`);
/** As http://hl7.org/fhir/R4/search.html#number reads it, with all digits that there are. */
const digits = (value: number): string => (Number.isInteger(value) ? value.toFixed(3) : `${value}0`);

const isWhole = ({ from, to, text }: { from: number; to: number; text: string }): boolean => {
  const range = dateRange(text);
  return range?.from === from && range.to === to;
};

/** Searches that ask for exactly what an entry says; none where there is nothing to ask by. */
function searchesFor(entry: SearchEntry): [string, string][] {
  const { p } = entry;
  switch (entry.kind) {
    case 'token': {
      if (entry.code === undefined) return entry.text === undefined ? [] : [[`${p}:text`, escaped(entry.text)]];
      const code = escaped(entry.code);
      return [
        [p, code],
        [p, `${escaped(entry.system ?? '')}|${code}`],
        ...(entry.text === undefined ? [] : [[`${p}:text`, escaped(entry.text)] as [string, string]]),
      ];
    }
    case 'reference':
      return [
        // Contained resources, and what a few examples only name, have no address to search by.
        ...(/[/:]/.test(entry.target ?? '') ? [[p, escaped(entry.target ?? '')] as [string, string]] : []),
        ...(entry.identifier === undefined
          ? []
          : [
              [`${p}:identifier`, `${escaped(entry.identifier.system ?? '')}|${escaped(entry.identifier.code)}`] as [
                string,
                string,
              ],
            ]),
      ];
    case 'string':
      return [
        [p, escaped(entry.value)],
        [`${p}:exact`, escaped(entry.value)],
        [`${p}:contains`, escaped(entry.value.slice(1))],
      ];
    case 'date': {
      const year = (moment: number, more: number): string => String(new Date(moment).getUTCFullYear() + more);
      return [
        ...(Math.abs(entry.from) > 8e15 ? [] : [[p, `ge${year(entry.from, -1)}`] as [string, string]]),
        ...(Math.abs(entry.to) > 8e15 ? [] : [[p, `lt${year(entry.to, 1)}`] as [string, string]]),
        // What was written as one value, and no period, is equal to itself.
        ...(isWhole(entry) ? [[p, entry.text] as [string, string]] : []),
      ];
    }
    case 'uri':
      return [
        [p, escaped(entry.value)],
        [`${p}:below`, escaped(entry.value)],
        [`${p}:above`, escaped(entry.value)],
      ];
    case 'number':
      return entry.low === entry.high ? [[p, digits(entry.low)]] : [[p, `ge${entry.low}`]];
    case 'quantity': {
      const unit = entry.code ?? entry.unit;
      const amount = entry.low === entry.high ? digits(entry.low) : `ne${entry.low}`;
      if (/e/i.test(amount)) return [];
      return [
        [p, amount],
        ...(unit === undefined
          ? []
          : [[p, `${amount}|${escaped(entry.system ?? '')}|${escaped(unit)}`] as [string, string]]),
      ];
    }
    case 'position':
      return [[p, `${entry.latitude}|${entry.longitude}|1|km`]];
  }
}

test('every published example is found by each of its search parameters, and the index lets it through', () => {
  assert.ok(resources.length > 700, `${resources.length} resources`);
  const asked = new Set<string>();
  let searches = 0;
  for (const resource of resources) {
    const type = resource.resourceType;
    const entries = searchEntries(resource);
    const terms = new Set(indexTerms(type, entries));
    const dates = indexDates(entries);
    for (const entry of entries)
      for (const [name, text] of searchesFor(entry)) {
        if (text === '') continue;
        const query = parseSearch(type, new URLSearchParams([[name, text]]));
        const told = `${type}/${resource.id}?${name}=${text}`;
        assert.ok(matches(query, resource, entries), told);
        const narrowed = narrowing(query);
        for (const alternatives of narrowed.terms)
          assert.ok(
            alternatives.some((term) => terms.has(term)),
            `terms: ${told}`,
          );
        for (const { p, from = -Infinity, to = Infinity } of narrowed.dates)
          assert.ok(
            dates.some((date) => date.p === p && date.to >= from && date.from <= to),
            `dates: ${told}`,
          );
        asked.add(`${type}.${entry.p}`);
        searches += 1;
      }
  }
  assert.ok(searches > 10_000);
  assert.ok(asked.size > 500, `${asked.size} parameters`);
});

test('every parameter that the published examples have a value for compiles and is listed', () => {
  for (const resource of resources)
    for (const { p } of searchEntries(resource)) assert.ok(parametersOf(resource.resourceType).has(p));
});
