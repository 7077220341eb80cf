/** A document without what Cosmos DB adds (`_etag`, `_ts` …). */
export const withoutSystemFields = (document: object): object =>
  Object.fromEntries(Object.entries(document).filter(([name]) => !name.startsWith('_')));
