/** A document without what Cosmos DB adds (`_etag`, `_ts` …). */
export const withoutSystemFields = <T extends object>(document: T): T =>
  Object.fromEntries(Object.entries(document).filter(([name]) => !name.startsWith('_'))) as T;
