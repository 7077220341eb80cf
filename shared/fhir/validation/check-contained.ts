import type { Problem } from '../../errors.ts';
import type { FhirResource } from '../resource.ts';
import { isResource } from '../resource.ts';
import { problem } from './problem.ts';

/**
 * References between a resource and what it contains (http://hl7.org/fhir/R4/references.html#contained): every `#id`
 * leads somewhere, ids differ, and nothing is contained that nothing refers to (dom-3).
 */
export function checkContained(resource: FhirResource, path: string): Problem[] {
  const contained = Array.isArray(resource['contained']) ? resource['contained'].filter(isResource) : [];
  const ids = contained.map(({ id }) => id);
  const { references, texts } = textsIn(resource);
  const dangling = references.filter((text) => text.startsWith('#') && text !== '#' && !ids.includes(text.slice(1)));
  return [
    ...dangling
      .filter((text) => text !== `#${resource.id}`)
      .map(() => problem(path, 'A reference #id names a resource in contained (ref-1).')),
    ...contained.flatMap((one, index) => {
      const at = `${path}.contained[${index}]`;
      if (one.id === undefined) return [];
      if (ids.indexOf(one.id) < index) return [problem(`${at}.id`, 'Contained resources have different ids.')];
      return texts.has(`#${one.id}`) || textsIn(one).texts.has('#')
        ? []
        : [problem(at, 'A contained resource is referred to, or refers to its container (dom-3).')];
    }),
  ];
}

/** All texts of a resource but its narrative, and those that are references. */
function textsIn(resource: object): { references: string[]; texts: ReadonlySet<string> } {
  const references: string[] = [];
  const texts = new Set<string>();
  const visit = (value: unknown, name: string): void => {
    if (typeof value === 'string') {
      if (value.startsWith('#')) texts.add(value);
      if (name === 'reference') references.push(value);
    } else if (Array.isArray(value)) for (const item of value) visit(item, name);
    else if (typeof value === 'object' && value !== null)
      for (const [inner, item] of Object.entries(value))
        if (inner !== 'div' && !(inner === 'resource' && isResource(item))) visit(item, inner);
  };
  visit(resource, '');
  return { references, texts };
}
