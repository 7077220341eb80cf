import type { IncomingHttpHeaders } from 'node:http';
import { authorize } from './auth.ts';
import { executeBatch, readBatch } from './batch.ts';
import { type Container, databaseRid } from './container.ts';
import { badRequest, CosmosError, notFound } from './errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { execute, type Operation, type OperationResult, readCharge } from './operations.ts';
import { prepared, readQueryBody, runQuery } from './query.ts';
import type { Store } from './store.ts';
import { laggingView, primaryView, type View } from './view.ts';

export interface CosmosRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
export interface CosmosResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}
export interface RouterOptions {
  readonly store: Store;
  readonly key: Buffer;
  readonly now: () => number;
  /** Milliseconds that reads without a covering session token may lag; 0: never. */
  readonly staleReads: number;
  readonly endpoint: () => string;
}

const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};
const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === 'true';

const sessionToken = (lsn: number): string => `0:-1#${lsn}`;

/** Answers one request of the Cosmos DB REST API. */
export function createRouter(options: RouterOptions): (request: CosmosRequest) => Promise<CosmosResponse> {
  const { store } = options;

  return async (request) => {
    try {
      const segments = request.path
        .split('/')
        .filter((part) => part !== '')
        .map(decodeURIComponent);
      authorize(request.method, segments, request.headers, options.key, options.now());
      return await route(request, segments);
    } catch (error) {
      const known =
        error instanceof CosmosError
          ? error
          : error instanceof SyntaxError || error instanceof URIError
            ? badRequest('The request is malformed.')
            : undefined;
      if (known === undefined) throw error;
      const substatus: Record<string, string> =
        known.substatus === undefined ? {} : { 'x-ms-substatus': String(known.substatus) };
      return answer(known.status, JSON.stringify({ code: known.code, message: known.message }), substatus);
    }
  };

  async function route(request: CosmosRequest, segments: readonly string[]): Promise<CosmosResponse> {
    const [dbs, database, colls, collection, kind, id, extra] = segments;
    if (dbs === undefined) return answer(200, JSON.stringify(account(options.endpoint())));
    if (dbs !== 'dbs') throw new CosmosError(501, `'/${dbs}' is not supported by this server.`);
    if (database === undefined) return databasesRoute(request);
    if (colls === undefined) return databaseRoute(request, database);
    if (colls !== 'colls') throw new CosmosError(501, `'${colls}' are not supported by this server.`);
    if (collection === undefined) return containersRoute(request, database);
    const container = store.container(database, collection);
    if (kind === undefined) return containerRoute(request, container);
    if (kind === 'pkranges') return pkRanges(request, container);
    if (kind !== 'docs' || extra !== undefined)
      throw new CosmosError(501, `'${extra ?? kind}' is not supported by this server.`);
    return id === undefined ? documentsRoute(request, container) : documentRoute(request, container, id);
  }

  async function databasesRoute({ method, body }: CosmosRequest): Promise<CosmosResponse> {
    const document = (one: { n: number; id: string; ts: number }): JsonObject => {
      const rid = databaseRid(one.n);
      return {
        id: one.id,
        _rid: rid,
        _self: `dbs/${rid}/`,
        _etag: `"d${one.n}"`,
        _colls: 'colls/',
        _users: 'users/',
        _ts: one.ts,
      };
    };
    if (method === 'POST') {
      const parsed = parseObject(body);
      if ('query' in parsed) return listed('Databases', store.databases().map(document));
      const { id } = parsed;
      if (typeof id !== 'string' || id === '') throw badRequest('The database needs an id.');
      await store.change(() => store.createDatabase(id));
      const made = store.databases().find((one) => one.id === id);
      return answer(201, JSON.stringify(made === undefined ? {} : document(made)));
    }
    return listed('Databases', store.databases().map(document));
  }

  async function databaseRoute({ method }: CosmosRequest, id: string): Promise<CosmosResponse> {
    const found = store.databases().find((one) => one.id === id);
    if (found === undefined) throw notFound();
    if (method === 'DELETE') {
      await store.change(() => store.deleteDatabase(id));
      return answer(204, '');
    }
    const rid = databaseRid(found.n);
    return answer(
      200,
      JSON.stringify({
        id,
        _rid: rid,
        _self: `dbs/${rid}/`,
        _etag: `"d${found.n}"`,
        _colls: 'colls/',
        _users: 'users/',
        _ts: found.ts,
      }),
    );
  }

  async function containersRoute({ method, body }: CosmosRequest, database: string): Promise<CosmosResponse> {
    if (method === 'POST') {
      const parsed = parseObject(body);
      if ('query' in parsed) return listed('DocumentCollections', store.containersOf(database).map(containerDocument));
      const made = await store.change(() => store.createContainer(database, parsed));
      return answer(201, JSON.stringify(containerDocument(made)), common(made));
    }
    return listed('DocumentCollections', store.containersOf(database).map(containerDocument));
  }

  async function containerRoute({ method, body }: CosmosRequest, container: Container): Promise<CosmosResponse> {
    if (method === 'DELETE') {
      await store.change(() => store.deleteContainer(container));
      return answer(204, '');
    }
    if (method === 'PUT') {
      const next = await store.change(() => store.replaceContainer(container, parseObject(body)));
      return answer(200, JSON.stringify(containerDocument(next)), common(next));
    }
    return answer(200, JSON.stringify(containerDocument(container)), common(container));
  }

  function pkRanges({ headers }: CosmosRequest, container: Container): CosmosResponse {
    if (headers['if-none-match'] !== undefined) return answer(304, '', { etag: '"pk1"' });
    const range = {
      _rid: container.rid,
      id: '0',
      _etag: '"pk1"',
      minInclusive: '',
      maxExclusive: 'FF',
      ridPrefix: 0,
      _self: '',
      throughputFraction: 1,
      status: 'online',
      parents: [],
      _ts: 1,
    };
    return answer(200, JSON.stringify({ _rid: container.rid, PartitionKeyRanges: [range], _count: 1 }), {
      ...common(container),
      etag: '"pk1"',
    });
  }

  /** The view of a read: the primary's, unless lagging is switched on and no session token demands more. */
  function viewOf(container: Container, headers: IncomingHttpHeaders): View {
    const covered = sessionLsn(header(headers, 'x-ms-session-token'));
    if (covered > store.lsn(container))
      throw new CosmosError(404, 'The read session is not available for the input session token.', 1002);
    return options.staleReads === 0
      ? primaryView(store, container)
      : laggingView(store, container, options.staleReads, options.now(), covered);
  }

  async function documentRoute(request: CosmosRequest, container: Container, id: string): Promise<CosmosResponse> {
    const { method, headers } = request;
    const partition = partitionHeader(headers);
    if (partition === undefined) throw badRequest('The request needs a partition key.');
    if (method === 'GET') {
      const view = viewOf(container, headers);
      const item = view.read(partition, id);
      if (item === undefined) throw notFound();
      const unchanged = header(headers, 'if-none-match') === item.etag;
      return answer(unchanged ? 304 : 200, unchanged ? '' : item.body, {
        ...common(container),
        etag: item.etag,
        'x-ms-session-token': sessionToken(view.lsn),
        ...charge(unchanged ? 1 : readCharge(item)),
      });
    }
    const type =
      method === 'PUT' ? 'Replace' : method === 'DELETE' ? 'Delete' : method === 'PATCH' ? 'Patch' : undefined;
    if (type === undefined) throw new CosmosError(405, `${method} is not allowed here.`);
    const operation: Operation = {
      type,
      partition,
      id,
      body: type === 'Delete' ? undefined : JSON.parse(request.body),
      ifMatch: header(headers, 'if-match'),
    };
    return changed(container, await store.change(() => execute(store, container, operation)), headers);
  }

  async function documentsRoute(request: CosmosRequest, container: Container): Promise<CosmosResponse> {
    const { method, headers, body } = request;
    if (method === 'GET')
      return headers['a-im'] === undefined ? readAll(request, container) : changeFeed(request, container);
    if (method !== 'POST') throw new CosmosError(405, `${method} is not allowed here.`);
    if (isTrue(header(headers, 'x-ms-cosmos-is-query-plan-request'))) return queryPlan(body, container);
    if (
      isTrue(header(headers, 'x-ms-documentdb-isquery')) ||
      header(headers, 'content-type') === 'application/query+json'
    ) {
      return queryRoute(container, headers, readQueryBody(JSON.parse(body)));
    }
    const partition = partitionHeader(headers);
    if (isTrue(header(headers, 'x-ms-cosmos-is-batch-request'))) {
      if (body.length > 2.2 * 1024 * 1024) throw new CosmosError(413, 'Request size is too large');
      const operations = readBatch(JSON.parse(body), partition);
      const { status, results } = await executeBatch(
        store,
        container,
        operations,
        isTrue(header(headers, 'x-ms-cosmos-batch-atomic')),
      );
      const text = `[${results.map(batchResult).join()}]`;
      return answer(status, text, {
        ...common(container),
        ...charge(results.reduce((sum, one) => sum + one.charge, 0)),
      });
    }
    if (partition === undefined) throw badRequest('The request needs a partition key.');
    const type = isTrue(header(headers, 'x-ms-documentdb-is-upsert')) ? 'Upsert' : 'Create';
    const operation: Operation = { type, partition, body: JSON.parse(body), ifMatch: header(headers, 'if-match') };
    return changed(container, await store.change(() => execute(store, container, operation)), headers);
  }

  function changed(container: Container, result: OperationResult, headers: IncomingHttpHeaders): CosmosResponse {
    const minimal = /return=minimal/i.test(header(headers, 'prefer') ?? '');
    const etag: Record<string, string> = result.item === undefined ? {} : { etag: result.item.etag };
    return answer(result.status, minimal ? '' : (result.item?.body ?? ''), {
      ...common(container),
      ...etag,
      ...charge(result.charge),
    });
  }

  function readAll(request: CosmosRequest, container: Container): CosmosResponse {
    return queryRoute(container, request.headers, { sql: 'SELECT * FROM c', parameters: new Map() });
  }

  function queryRoute(
    container: Container,
    headers: IncomingHttpHeaders,
    { sql, parameters }: ReturnType<typeof readQueryBody>,
  ): CosmosResponse {
    const key = partitionHeader(headers);
    const partial = key !== undefined && (JSON.parse(key) as unknown[]).length < container.keyPaths.length;
    const view = viewOf(container, headers);
    const asked = Number(header(headers, 'x-ms-max-item-count') ?? 100);
    const page = runQuery(
      store,
      container,
      {
        sql,
        parameters,
        partition: partial ? undefined : key,
        prefix: partial ? key : undefined,
        pageSize: asked >= 1 ? asked : 1000,
        continuation: header(headers, 'x-ms-continuation'),
      },
      view,
    );
    return answer(200, JSON.stringify({ _rid: container.rid, Documents: page.results, _count: page.results.length }), {
      ...common(container),
      'x-ms-session-token': sessionToken(view.lsn),
      'x-ms-item-count': String(page.results.length),
      ...(page.continuation === undefined ? {} : { 'x-ms-continuation': page.continuation }),
      ...(headers['x-ms-documentdb-populatequerymetrics'] === undefined
        ? {}
        : { 'x-ms-documentdb-query-metrics': 'totalExecutionTimeInMs=0' }),
      ...charge(page.charge),
    });
  }

  /** One range holds everything, so the plan hands the whole query to it and the client merges nothing. */
  function queryPlan(body: string, container: Container): CosmosResponse {
    const { sql } = readQueryBody(JSON.parse(body));
    const query = prepared(sql);
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
        hasSelectValue: query.select !== '*' && 'value' in query.select,
        hasNonStreamingOrderBy: false,
        dCountInfo: null,
      },
      queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
    };
    return answer(200, JSON.stringify(plan), common(container));
  }

  function changeFeed({ headers }: CosmosRequest, container: Container): CosmosResponse {
    if (!/^incremental feed$/i.test(header(headers, 'a-im') ?? ''))
      throw badRequest('Only the incremental change feed (latest version) is supported by this server.');
    const after = header(headers, 'if-none-match');
    const since = header(headers, 'if-modified-since');
    const from =
      after === '*'
        ? store.lsn(container)
        : after !== undefined
          ? Number(after.replaceAll('"', ''))
          : since !== undefined
            ? store.lsnAt(container, Math.floor(Date.parse(since) / 1000))
            : 0;
    if (!Number.isInteger(from)) throw badRequest('The continuation of the change feed is not one of this server.');
    const asked = Number(header(headers, 'x-ms-max-item-count') ?? 100);
    const items = store.changesAfter(container, from, asked >= 1 ? asked : 1000, partitionHeader(headers));
    const last = items.at(-1);
    const etag = `"${last?.lsn ?? Math.max(from, 0)}"`;
    if (last === undefined) return answer(304, '', { ...common(container), etag, 'x-ms-item-count': '0' });
    const text = `{"_rid":"${container.rid}","Documents":[${items.map(({ body }) => body).join()}],"_count":${items.length}}`;
    return answer(200, text, {
      ...common(container),
      etag,
      'x-ms-item-count': String(items.length),
      ...charge(1 + items.length * 0.5),
    });
  }

  function common(container: Container): Record<string, string> {
    return {
      'x-ms-session-token': sessionToken(store.lsn(container)),
      'x-ms-alt-content-path': encodeURI(`dbs/${container.database}/colls/${container.id}`),
      'x-ms-content-path': container.rid,
    };
  }

  function containerDocument(container: Container): JsonObject {
    const rid = databaseRid(container.databaseNumber);
    return {
      indexingPolicy: {
        indexingMode: 'consistent',
        automatic: true,
        includedPaths: [{ path: '/*' }],
        excludedPaths: [{ path: '/"_etag"/?' }],
      },
      conflictResolutionPolicy: {
        mode: 'LastWriterWins',
        conflictResolutionPath: '/_ts',
        conflictResolutionProcedure: '',
      },
      ...container.definition,
      _rid: container.rid,
      _ts: 0,
      _self: `dbs/${rid}/colls/${container.rid}/`,
      _etag: `"c${container.n}"`,
      _docs: 'docs/',
      _sprocs: 'sprocs/',
      _triggers: 'triggers/',
      _udfs: 'udfs/',
      _conflicts: 'conflicts/',
    };
  }

  function listed(name: string, documents: JsonObject[]): CosmosResponse {
    return answer(200, JSON.stringify({ _rid: '', [name]: documents, _count: documents.length }), {
      'x-ms-item-count': String(documents.length),
    });
  }
}

/** Charges are estimates by the published rules; the header says so. */
const charge = (units: number): Record<string, string> => ({
  'x-ms-request-charge': units.toFixed(2),
  'x-local-ru-estimate': '1',
});

function answer(status: number, body: string, headers: Record<string, string> = {}): CosmosResponse {
  return { status, body, headers: { 'content-type': 'application/json', 'x-ms-request-charge': '1', ...headers } };
}

function batchResult({ status, item, charge: units }: OperationResult): string {
  const etag = item === undefined ? '' : `,"eTag":${JSON.stringify(item.etag)}`;
  return `{"statusCode":${status},"requestCharge":${units.toFixed(2)}${etag}${item === undefined ? '' : `,"resourceBody":${item.body}`}}`;
}

function parseObject(body: string): JsonObject {
  const parsed: Json = JSON.parse(body);
  if (!isObject(parsed)) throw badRequest('The request body must be a JSON object.');
  return parsed;
}

function partitionHeader(headers: IncomingHttpHeaders): string | undefined {
  const value = header(headers, 'x-ms-documentdb-partitionkey');
  if (value === undefined) return undefined;
  const parsed: unknown = JSON.parse(value);
  if (!Array.isArray(parsed)) throw badRequest('The partition key header must hold a JSON array.');
  return JSON.stringify(parsed);
}

/** The highest lsn that a session token names: `0:-1#17`. */
const sessionLsn = (token: string | undefined): number =>
  Math.max(0, ...(token?.match(/#(\d+)/g) ?? []).map((part) => Number(part.slice(1))));

function account(endpoint: string): JsonObject {
  const location = { name: 'Local', databaseAccountEndpoint: endpoint };
  return {
    _self: '',
    id: 'local',
    _rid: 'local.documents.azure.com',
    media: '//media/',
    addresses: '//addresses/',
    _dbs: '//dbs/',
    writableLocations: [location],
    readableLocations: [location],
    enableMultipleWriteLocations: false,
    userReplicationPolicy: { asyncReplication: false, minReplicaSetSize: 1, maxReplicasetSize: 4 },
    userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
    systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 4 },
    readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
    queryEngineConfiguration: '{}',
  };
}
