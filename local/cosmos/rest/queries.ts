import type { IncomingHttpHeaders } from 'node:http';
import type { Container } from '../container.ts';
import { prepared, readQueryBody, runQuery } from '../query.ts';
import { type CosmosRequest, header, pageSize, partitionKey } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';
import { sessionToken, viewOf } from './session.ts';

/** `POST …/docs` with a query. */
export const query = (service: Service, { headers, body }: CosmosRequest, container: Container): CosmosResponse =>
  page(service, container, headers, readQueryBody(JSON.parse(body)));

/** `GET …/docs`: every item. */
export const readAll = (service: Service, { headers }: CosmosRequest, container: Container): CosmosResponse =>
  page(service, container, headers, { sql: 'SELECT * FROM c', parameters: new Map() });

function page(
  service: Service,
  container: Container,
  headers: IncomingHttpHeaders,
  asked: ReturnType<typeof readQueryBody>,
): CosmosResponse {
  const { store } = service;
  const key = partitionKey(headers);
  const partial = key !== undefined && (JSON.parse(key) as unknown[]).length < container.keyPaths.length;
  const view = viewOf(service, container, headers);
  const {
    results,
    continuation,
    charge: units,
  } = runQuery(
    store,
    container,
    {
      ...asked,
      partition: partial ? undefined : key,
      prefix: partial ? key : undefined,
      pageSize: pageSize(headers),
      continuation: header(headers, 'x-ms-continuation'),
    },
    view,
  );
  return answer(200, JSON.stringify({ _rid: container.rid, Documents: results, _count: results.length }), {
    ...containerHeaders(store, container),
    'x-ms-session-token': sessionToken(view.lsn),
    'x-ms-item-count': String(results.length),
    ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
    ...(headers['x-ms-documentdb-populatequerymetrics'] === undefined
      ? {}
      : { 'x-ms-documentdb-query-metrics': 'totalExecutionTimeInMs=0' }),
    ...charge(units),
  });
}

/** One range holds everything, so the plan hands the whole query to it and the client merges nothing. */
export function queryPlan({ store }: Service, { body }: CosmosRequest, container: Container): CosmosResponse {
  const { sql } = readQueryBody(JSON.parse(body));
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
