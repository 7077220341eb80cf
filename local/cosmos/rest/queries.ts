import type { Container } from '../container.ts';
import { prepared, readQueryBody, runQuery } from '../query.ts';
import { hashRange, within } from './hash-range.ts';
import { readView } from './read-view.ts';
import { bodyJson, type CosmosRequest, feedKey, header, pageSize } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';
import { sessionToken } from './session-token.ts';

/** `POST …/docs` with a query. */
export const query = (service: Service, request: CosmosRequest, container: Container): CosmosResponse =>
  page(service, request, container, readQueryBody(bodyJson(request)));

/** `GET …/docs`: every item. */
export const readAll = (service: Service, request: CosmosRequest, container: Container): CosmosResponse =>
  page(service, request, container, { sql: 'SELECT * FROM c', parameters: new Map() });

function page(
  service: Service,
  request: CosmosRequest,
  container: Container,
  asked: ReturnType<typeof readQueryBody>,
): CosmosResponse {
  const { store } = service;
  const { headers } = request;
  const { partition, prefix } = feedKey(request, container);
  const range = hashRange(headers);
  const whole = readView(service, request, container);
  const view = range === undefined ? whole : within(whole, container, range);
  const found = runQuery(
    store,
    container,
    { ...asked, partition, prefix, pageSize: pageSize(headers), continuation: header(headers, 'x-ms-continuation') },
    view,
  );
  const { results, continuation } = found;
  return answer(200, JSON.stringify({ _rid: container.rid, Documents: results, _count: results.length }), {
    ...containerHeaders(store, container),
    'x-ms-session-token': sessionToken(view.lsn),
    'x-ms-item-count': String(results.length),
    ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
    ...(headers['x-ms-documentdb-populatequerymetrics'] === undefined
      ? {}
      : { 'x-ms-documentdb-query-metrics': 'totalExecutionTimeInMs=0' }),
    ...charge(found.charge),
  });
}

/** One range holds everything, so the plan hands the whole query to it and the client merges nothing. */
export function queryPlan({ store }: Service, request: CosmosRequest, container: Container): CosmosResponse {
  const { sql } = readQueryBody(bodyJson(request));
  const { select } = prepared(sql);
  const plan = {
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
      hasSelectValue: select !== '*' && 'value' in select,
      hasNonStreamingOrderBy: false,
      dCountInfo: null,
    },
    queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
  };
  return answer(200, JSON.stringify(plan), containerHeaders(store, container));
}
