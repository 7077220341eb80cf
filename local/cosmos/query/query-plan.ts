import type { Container } from '../container.ts';
import type { JsonObject } from '../json.ts';
import { orderOf } from './order.ts';
import { prepare } from './prepare.ts';

/**
 * The plan of a query: one range holds everything, so it hands the whole query to it and the client merges nothing.
 * @throws CosmosError 400 where the service refuses the query.
 */
export function planOf(sql: string, container: Container): JsonObject {
  const { query } = prepare(sql);
  orderOf(query, container);
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: 'None',
      top: null,
      offset: null,
      limit: null,
      orderBy: [],
      orderByExpressions: [],
      groupByExpressions: [],
      groupByAliases: [],
      aggregates: [],
      groupByAliasToAggregateType: {},
      rewrittenQuery: sql,
      hasSelectValue: query.select.kind === 'value',
      hasNonStreamingOrderBy: false,
      dCountInfo: null,
    },
    queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
  };
}
