import type { Container } from '../container.ts';
import type { Item } from '../item.ts';
import { type QueryText, readQueryBody } from '../query/prepare.ts';
import { planOf } from '../query/query-plan.ts';
import { type QueryPage, runQuery } from '../query/run-query.ts';
import { openUserFunctions, type UserFunctions } from '../scripts/user-functions.ts';
import { hashRange, inRange } from './hash-range.ts';
import { readView } from './read-view.ts';
import { bodyJson, type CosmosRequest, feedKey, header, pageSize } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';
import { sessionToken } from './session-token.ts';

/** `POST …/docs` with a query. */
export const query = (service: Service, request: CosmosRequest, container: Container): Promise<CosmosResponse> =>
  page(service, request, container, readQueryBody(bodyJson(request)));

/** `GET …/docs`: every item. */
export const readAll = (service: Service, request: CosmosRequest, container: Container): Promise<CosmosResponse> =>
  page(service, request, container, { sql: 'SELECT * FROM c', parameters: new Map() });

async function page(
  service: Service,
  request: CosmosRequest,
  container: Container,
  asked: QueryText,
): Promise<CosmosResponse> {
  const { store } = service;
  const { headers } = request;
  const range = hashRange(headers);
  const inside = range === undefined ? undefined : inRange(container, range);
  const view = readView(service, request, container);
  const { partition, prefix } = feedKey(request, container);
  const wanted = {
    ...asked,
    partition,
    prefix,
    accepts: inside && ((item: Item) => inside(item.partition)),
    pageSize: pageSize(headers),
    continuation: header(headers, 'x-ms-continuation'),
    now: service.now(),
  };
  const found = mayCallFunctions.test(asked.sql)
    ? await withUserFunctions(service, container, (callUser) =>
        runQuery(store, container, { ...wanted, callUser }, view),
      )
    : await runQuery(store, container, wanted, view);
  const { results, continuation } = found;
  const text = `{"_rid":"${container.rid}","Documents":[${results.join()}],"_count":${results.length}}`;
  return answer(200, text, {
    ...containerHeaders(store, container),
    'x-ms-session-token': sessionToken(view.lsn),
    'x-ms-item-count': String(results.length),
    ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
    ...(headers['x-ms-documentdb-populatequerymetrics'] === undefined
      ? {}
      : { 'x-ms-documentdb-query-metrics': metrics(found) }),
    ...charge(found.charge),
  });
}

/** `udf.` in a text of the query opens the engine for nothing, and does no harm. */
const mayCallFunctions = /\budf\s*\./i;

async function withUserFunctions(
  { store, longestScript }: Service,
  container: Container,
  run: (callUser: UserFunctions['call']) => Promise<QueryPage>,
): Promise<QueryPage> {
  const bodyOf = (name: string): string | undefined => store.scripts.find(container, 'udfs', name)?.body;
  const functions = await openUserFunctions(bodyOf, longestScript);
  try {
    return await run(functions.call);
  } finally {
    functions.close();
  }
}

/** https://learn.microsoft.com/azure/cosmos-db/nosql/query-metrics; times are not measured here. */
const metrics = ({ loaded, results, indexed }: QueryPage): string =>
  [
    'totalExecutionTimeInMs=0.00',
    `retrievedDocumentCount=${loaded}`,
    `outputDocumentCount=${results.length}`,
    `indexUtilizationRatio=${indexed ? '1.00' : '0.00'}`,
  ].join(';');

/** How a client shall run a query: over one range, which the plan names. */
export function queryPlan({ store }: Service, request: CosmosRequest, container: Container): CosmosResponse {
  const { sql } = readQueryBody(bodyJson(request));
  return answer(200, JSON.stringify(planOf(sql, container)), containerHeaders(store, container));
}
