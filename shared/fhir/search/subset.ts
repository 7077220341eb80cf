import table from '../generated/summaries.json' with { type: 'json' };
import type { FhirResource } from '../resource.ts';
import type { SearchQuery } from './search-query.ts';

interface Row {
  readonly summary: readonly string[];
  readonly mandatory: readonly string[];
}
const rows = table as Readonly<Record<string, Row | undefined>>;

/** http://hl7.org/fhir/R4/search.html#elements: the resource is not complete. */
const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };
const always = ['resourceType', 'id', 'meta'];

/** What of a resource was asked for by `_summary` or `_elements`, marked as a part of it. */
export function subsetOf(query: Pick<SearchQuery, 'summary' | 'elements'>, resource: FhirResource): FhirResource {
  const { summary, elements } = query;
  const { summary: summaryPaths, mandatory } = rows[resource.resourceType] ?? { summary: [], mandatory: [] };
  if (elements !== undefined)
    return marked(
      pick(resource, new Set([...always, ...mandatory, ...elements.flatMap((name) => [name, `${name}[x]`])])),
    );
  if (summary === 'text') return marked(pick(resource, new Set([...always, ...mandatory, 'text'])));
  if (summary === 'data')
    return marked(pick(resource, new Set(Object.keys(resource).filter((name) => name !== 'text'))));
  if (summary === 'true') return marked(summaryOf(resource, new Set(summaryPaths)));
  return resource;
}

/** An element's value may stand under its own name, that of its extension (`_x`) and that of its type (`x[x]`). */
function pick(resource: FhirResource, names: ReadonlySet<string>): FhirResource {
  const kept = Object.entries(resource).filter(([name]) => has(names, name.replace(/^_/, '')));
  return Object.fromEntries(kept) as FhirResource;
}

function has(names: ReadonlySet<string>, name: string): boolean {
  if (names.has(name)) return true;
  for (let end = name.length - 1; end > 0; end--)
    if (/[A-Z]/.test(name[end] ?? '') && names.has(`${name.slice(0, end)}[x]`)) return true;
  return false;
}

function summaryOf(resource: FhirResource, paths: ReadonlySet<string>): FhirResource {
  const nested = new Set(
    [...paths].flatMap((path) => (path.includes('.') ? [path.slice(0, path.lastIndexOf('.'))] : [])),
  );
  const walk = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => walk(item, path));
    if (typeof value !== 'object' || value === null || !nested.has(path)) return value;
    return keep(value, `${path}.`);
  };
  const keep = (object: object, prefix: string): object =>
    Object.fromEntries(
      Object.entries(object).flatMap(([name, value]) =>
        (prefix === '' && always.includes(name)) || has(paths, `${prefix}${name.replace(/^_/, '')}`)
          ? [[name, walk(value, `${prefix}${name}`)]]
          : [],
      ),
    );
  return keep(resource, '') as FhirResource;
}

function marked(resource: FhirResource): FhirResource {
  const tags = resource.meta?.['tag'];
  return { ...resource, meta: { ...resource.meta, tag: [...(Array.isArray(tags) ? tags : []), subsetted] } };
}
