import type { Json } from '../json.ts';
import { notSupported } from '../sql/query-error.ts';
import { createPipeline } from './pipeline.ts';
import { prepare, type QueryText } from './prepare.ts';

/**
 * Runs a query over a few documents in memory.
 * @param now milliseconds since 1970. @throws QueryError, also for ORDER BY, TOP and OFFSET LIMIT.
 */
export function queryDocuments({ sql, parameters }: QueryText, documents: Iterable<Json>, now: number): Json[] {
  const { query, stage } = prepare(sql);
  if (query.orderBy.length > 0 || query.top !== undefined || query.offset !== undefined)
    throw notSupported('ORDER BY, TOP and OFFSET LIMIT over resources are');
  const pipeline = createPipeline(stage, { parameters, now, random: Math.random });
  const results: Json[] = [];
  for (const document of documents) {
    pipeline.feed(document, (value) => {
      if (value !== undefined) results.push(value);
      return false;
    });
  }
  for (const { value } of pipeline.finish()) if (value !== undefined) results.push(value);
  return results;
}
