import type { Problem } from '../../errors.ts';
import type { FhirResource } from '../resource.ts';
import { isResource } from '../resource.ts';
import { problem } from './problem.ts';

/**
 * What a resource contains (http://hl7.org/fhir/R4/references.html#contained): ids differ, nothing is contained that
 * nothing refers to, and what is contained is no record of its own (dom-2 to dom-5).
 */
export function checkContained(resource: FhirResource, path: string): Problem[] {
  const contained = Array.isArray(resource['contained']) ? resource['contained'].filter(isResource) : [];
  const ids = contained.map(({ id }) => id);
  const texts = localReferencesIn(resource);
  return contained.flatMap((one, index) => {
    const at = `${path}.contained[${index}]`;
    const own = partsOfRecords(one).map((part) =>
      problem(`${at}.${part}`, 'A contained resource has no contained ones, version or labels (dom-2, dom-4, dom-5).'),
    );
    if (own.length > 0 || one.id === undefined) return own;
    if (ids.indexOf(one.id) < index) return [problem(`${at}.id`, 'Contained resources have different ids.')];
    return texts.has(`#${one.id}`) || localReferencesIn(one).has('#')
      ? []
      : [problem(at, 'A contained resource is referred to, or refers to its container (dom-3).')];
  });
}

/** What only a record of its own has: contained resources, a version, security labels. */
function partsOfRecords({ contained, meta }: FhirResource): string[] {
  const ofMeta = typeof meta === 'object' && meta !== null ? Object.keys(meta) : [];
  return [
    ...(contained === undefined ? [] : ['contained']),
    ...ofMeta.filter((name) => /^(versionId|lastUpdated|security)$/.test(name)).map((name) => `meta.${name}`),
  ];
}

/** What a resource and what it contains name by `#id`: references, canonicals and other addresses. */
function localReferencesIn(resource: object): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      if (value.startsWith('#')) found.add(value);
    } else if (Array.isArray(value)) for (const item of value) visit(item);
    else if (typeof value === 'object' && value !== null)
      for (const [name, item] of Object.entries(value))
        if (name !== 'div' && !(name === 'resource' && isResource(item))) visit(item);
  };
  visit(resource);
  return found;
}
