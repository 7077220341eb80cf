import type { Container } from '../container.ts';
import { pathStep } from '../inverted-index/document-path.ts';
import type { Json } from '../json.ts';
import type { Query } from '../sql/ast.ts';
import { conditionOf } from './condition-of-query.ts';

/** The one partition that a query names in WHERE (`c.pk = 'x'`), as the service routes it; undefined: it names none. */
export function partitionOfQuery(
  query: Query,
  { keyPaths }: Container,
  parameters: ReadonlyMap<string, Json | undefined>,
): string | undefined {
  const paths = keyPaths.map((names) => names.reduce(pathStep, ''));
  const condition = conditionOf(query, { indexed: (path) => paths.includes(path) }, parameters);
  const terms = condition?.kind === 'and' ? condition.of : condition === undefined ? [] : [condition];
  const values: Json[] = [];
  for (const path of paths) {
    const term = terms.find((each) => each.kind === 'term' && each.path === path);
    const [range, ...more] = term?.kind === 'term' ? term.ranges : [];
    const value = range?.value;
    if (value === undefined || more.length > 0 || (typeof value === 'object' && value !== null)) return undefined;
    values.push(value);
  }
  return JSON.stringify(values);
}
