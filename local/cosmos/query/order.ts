import type { Container } from '../container.ts';
import { badRequest } from '../errors.ts';
import { everyElement, valueUnder } from '../inverted-index/document-path.ts';
import { compositeIndex } from '../inverted-index/index-policy.ts';
import { compositeKeyOf } from '../inverted-index/index-terms.ts';
import { orderKey } from '../inverted-index/order-key.ts';
import type { Json } from '../json.ts';
import type { Query } from '../sql/ast.ts';
import { notSupported, QueryError } from '../sql/query-error.ts';
import { aliasesOf, pathOf } from './paths.ts';

/** ORDER BY as the index gives it. */
export interface Order {
  /** The path, or the composite index, whose keys are in this order. */
  readonly path: string;
  readonly composite: boolean;
  readonly reverse: boolean;
  readonly keyOf: (document: Json) => Buffer;
}

/**
 * The order a query asks for; undefined: none.
 * @throws CosmosError 400 where the service refuses: no path, a path that is not indexed, several without a composite
 * index of the same paths in the same or the opposite directions.
 */
export function orderOf(query: Query, { index }: Container): Order | undefined {
  if (query.orderBy.length === 0) return undefined;
  if (query.sources.some(({ of }, at) => at === 0 && 'query' in of)) throw notSupported('ORDER BY over a subquery is');
  const paths = pathsOf(query);
  const [first] = paths;
  if (first === undefined) return undefined;
  if (paths.length === 1) {
    const { path, descending } = first;
    if (!index.indexed(path))
      throw badRequest('Order-by item requires a range index to be defined on the corresponding index path.');
    return { path, composite: false, reverse: descending, keyOf: (document) => orderKey(valueUnder(document, path)) };
  }
  const wanted = compositeIndex(paths);
  if (!index.composites.some(({ name }) => name === wanted.name))
    throw badRequest('The order by query does not have a corresponding composite index that it can be served from.');
  return {
    path: wanted.name,
    composite: true,
    reverse: first.descending,
    keyOf: (document) => compositeKeyOf(wanted, document),
  };
}

/** The paths of ORDER BY. @throws QueryError */
export function pathsOf(query: Query): { path: string; descending: boolean }[] {
  const aliases = aliasesOf(query, new Map(), true);
  return query.orderBy.map(({ by, descending }) => {
    const path = pathOf(by, aliases);
    if (path === undefined || path === '')
      throw new QueryError(
        'SC2206',
        'Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path.',
      );
    if (path.split('/').includes(everyElement))
      throw badRequest('Order-by over correlated collections is not supported.');
    return { path, descending };
  });
}
