import { setImmediate } from 'node:timers/promises';
import type { Container } from '../container.ts';
import type { Item } from '../item.ts';
import type { Json } from '../json.ts';
import type { Expression } from '../sql/ast.ts';
import type { Frame } from '../sql/frame.ts';
import { QueryError } from '../sql/query-error.ts';
import type { Store } from '../store.ts';
import type { View } from '../view.ts';
import { chooseDriver } from './choose-driver.ts';
import { conditionOf } from './condition-of-query.ts';
import { constantOf } from './constant.ts';
import { type Continuation, readContinuation, writeContinuation } from './continuation.ts';
import { countItems, countsItems } from './count-items.ts';
import { orderOf } from './order.ts';
import { PageBuilder } from './page-builder.ts';
import { partitionOfQuery } from './partition-of-query.ts';
import { createPipeline } from './pipeline.ts';
import { prepare, type QueryText } from './prepare.ts';
import type { Scope } from './scope.ts';
import { visible } from './visible.ts';

/** A query of one page. */
export interface QueryRequest extends QueryText {
  /** Partition keys this query is limited to, as JSON arrays; a prefix of a hierarchical key limits too. */
  readonly partition: string | undefined;
  readonly prefix: string | undefined;
  /** Further limits of what the query may see, such as a range of hashes. */
  readonly accepts?: ((item: Item) => boolean) | undefined;
  readonly pageSize: number;
  readonly continuation: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Calls a user-defined function of the container. */
  readonly callUser?: Frame['callUser'];
}

export interface QueryPage {
  /** JSON texts. */
  readonly results: readonly string[];
  readonly continuation: string | undefined;
  /** In request units, estimated. */
  readonly charge: number;
  /** Documents that were looked at. */
  readonly loaded: number;
  /** Whether the index cut the candidates down. */
  readonly indexed: boolean;
}

/** After so many documents other requests get their turn. */
const slice = 1_000;
/** A page ends after so many documents, with what it has, as the service ends one after some seconds. */
const mostLoaded = 20_000;

/**
 * Runs a query over what `view` shows, one page at a time. Documents are read one by one: what is held in memory is
 * one page, groups with their running aggregates, and hashes of what DISTINCT has told.
 * @throws CosmosError 400 where the service refuses the query.
 */
export async function runQuery(
  store: Store,
  container: Container,
  request: QueryRequest,
  view: View,
): Promise<QueryPage> {
  const { query, stage } = prepare(request.sql);
  const { parameters, callUser } = request;
  const order = orderOf(query, container);
  const start = readContinuation(request.continuation) ?? beginning(query, parameters);
  const pipeline = createPipeline(stage, { parameters, now: request.now, random: Math.random, callUser });
  const page = new PageBuilder(request.pageSize, start);
  if (!stage.hasSource) {
    pipeline.feed(undefined, (value) => page.add(value, undefined, 0));
    if (pipeline.blocking) page.addGroups(pipeline.finish());
    return { ...finished(page), charge: 2.3, loaded: 0, indexed: true };
  }
  const scope: Scope = {
    store,
    container,
    partition: request.partition ?? partitionOfQuery(query, container, parameters),
    prefix: request.prefix,
    accepts: request.accepts,
  };
  if (countsItems(query) && view.past.length === 0 && request.prefix === undefined && request.accepts === undefined) {
    for (let left = countItems(scope, request.now); left > 0; left--) pipeline.feed({}, () => false);
    page.addGroups(pipeline.finish());
    return { ...finished(page), charge: 2.8, loaded: 0, indexed: true };
  }
  const condition = conditionOf(innermost(query), container.index, parameters);
  const wanted = pipeline.blocking || pipeline.remembers ? Number.MAX_SAFE_INTEGER : page.wanted;
  const { driver, indexed } = chooseDriver(scope, condition, order, wanted);
  let loaded = 0;
  let position = pipeline.blocking || pipeline.remembers ? undefined : start.position;
  for (let more = true; more && !page.done; ) {
    more = false;
    let read = 0;
    for (const candidate of visible(driver, position, scope, view)) {
      if (read === slice) {
        position = candidate;
        more = true;
        break;
      }
      if (!page.isBefore(candidate, driver.reverse) && loaded >= mostLoaded && !pipeline.blocking) {
        page.endAt(candidate);
        break;
      }
      read++;
      loaded++;
      const raw = stage.whole && stage.input === undefined ? candidate.item.body : undefined;
      let index = 0;
      pipeline.feed(candidate.document, (value) => page.add(value, candidate, index++, raw));
      if (page.done) break;
    }
    if (more) await setImmediate();
  }
  if (pipeline.blocking) page.addGroups(pipeline.finish());
  const scanned = indexed || scope.partition !== undefined ? 0 : 0.02 * loaded;
  return { ...finished(page), charge: 2.3 + (indexed ? 0.3 : 0) + 0.05 * loaded + scanned, loaded, indexed };
}

function finished(page: PageBuilder): Pick<QueryPage, 'results' | 'continuation'> {
  const { next } = page;
  return { results: page.results, continuation: next === undefined ? undefined : writeContinuation(next) };
}

type Query = ReturnType<typeof prepare>['query'];

/** What the documents of the container go through first. */
function innermost(query: Query): Query {
  const [first] = query.sources;
  return first !== undefined && 'query' in first.of ? innermost(first.of.query) : query;
}

function beginning(query: Query, parameters: ReadonlyMap<string, Json | undefined>): Continuation {
  const count = (expression: Expression | undefined): number | undefined => {
    if (expression === undefined) return undefined;
    const value = constantOf(expression, parameters)?.value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw new QueryError('SC9003', 'TOP, OFFSET and LIMIT take a whole number that is not negative.');
    return value;
  };
  return {
    position: undefined,
    told: 0,
    offset: count(query.offset) ?? 0,
    limit: count(query.limit) ?? count(query.top),
    group: undefined,
  };
}
