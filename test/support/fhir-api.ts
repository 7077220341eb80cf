import { matchRoute } from '../../functions/fhir/match-route.ts';
import { recordRoutes } from '../../functions/records.ts';
import { timelineRoutes } from '../../functions/timeline.ts';
import type { IssuerFacts } from '../../shared/access/index.ts';
import type { AuditEntry } from '../../shared/audit/index.ts';
import type { Blobs } from '../../shared/azure/blobs.ts';
import { createTelemetry } from '../../shared/azure/telemetry.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Actor } from '../../shared/context.ts';
import { WardlineError } from '../../shared/errors.ts';
import { validateResource } from '../../shared/fhir/index.ts';
import { createHttp, type Http, type RawReply } from '../../shared/http.ts';
import { createIds } from '../../shared/ids.ts';
import { callOf, type RecordStore, startRecordStore } from './records.ts';

type Who = NonNullable<Parameters<typeof callOf>[0]>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON; empty: there is none. */
  readonly body: FhirBody;
  /** What is no text. */
  readonly bytes?: Uint8Array;
}

/** A resource or Bundle as an answer holds it, loosely. */
export interface FhirBody {
  readonly resourceType?: string;
  readonly id?: string;
  readonly meta?: { readonly versionId?: string; readonly tag?: readonly { readonly code?: string }[] };
  readonly type?: string;
  readonly total?: number;
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly {
    readonly fullUrl?: string;
    readonly resource?: FhirBody;
    readonly search?: { readonly mode: string };
    readonly response?: { readonly status: string; readonly location?: string; readonly outcome?: FhirBody };
  }[];
  readonly issue?: readonly {
    readonly code: string;
    readonly expression?: readonly string[];
    readonly severity: string;
  }[];
  readonly [name: string]: unknown;
}

export interface FhirApi {
  readonly store: RecordStore;
  /** Requests sent to the store since the last call, and their charge. */
  spent(): { requests: number; charge: number };
  /** Entries of requests; those of commits are in the outbox. */
  readonly audited: AuditEntry[];
  /** @param path relative to the base, a whole link, or one that begins with `/patients/` */
  send(method: string, path: string, options?: Sending): Promise<Answer>;
  /** The same, as the host would get it: a stream is not read yet. */
  serve(method: string, path: string, options?: Sending): Promise<RawReply>;
  close(): Promise<void>;
}

export interface Sending {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly who?: Who;
  /** What is different of whoever calls: an app's grant, a patient. */
  readonly actor?: Partial<Actor>;
  /** Under which base: `fhir` unless said otherwise. */
  readonly base?: string;
}

const origin = 'https://wardline.test';
/** Where apps would sign in; nobody is asked. */
const issuer: IssuerFacts = {
  issuer: 'https://issuer.test',
  keys: 'https://issuer.test/keys',
  authorizationEndpoint: 'https://issuer.test/authorize',
  tokenEndpoint: 'https://issuer.test/token',
  scopes: ['openid'],
  responseTypes: ['code'],
  grantTypes: ['authorization_code'],
  clientAuthentication: ['none'],
  clientAlgorithms: ['ES384'],
  challengeMethods: ['S256'],
  capabilities: [],
};

/** The FHIR API as the host calls it, on a local Cosmos DB of its own; who calls stands in the header Authorization. */
export async function startFhirApi(blobs?: Blobs): Promise<FhirApi> {
  const store = await startRecordStore(blobs === undefined ? {} : { blobs });
  const { records, keyring, access, spent } = store.process();
  const audited: AuditEntry[] = [];
  const actors = new Map<string, Actor>();
  const http: Http = createHttp({
    access: {
      async authenticate(authorization) {
        if (authorization === null) throw new WardlineError('no-token', 'Sign in.');
        return actors.get(authorization) ?? callOf(authorization as Who).actor;
      },
      decide: access.decide,
    },
    audit: { record: async (entry) => void audited.push(entry), answered: () => {} },
    clock: systemClock,
    ids: createIds(systemClock),
    telemetry: createTelemetry({ load: undefined, write: () => {} }),
  });
  const use = {
    records,
    keyring,
    clock: systemClock,
    http,
    validateResource,
    access: { signIn: async () => issuer, require: access.require },
    config: { publicOrigin: origin },
  };
  const routes = [...recordRoutes(use), ...timelineRoutes(use)];
  const serve: FhirApi['serve'] = async (method, path, options = {}) => {
    const { body, headers = {}, who = 'integration', actor } = options;
    const { base = path.startsWith('/patients/') ? 'patients' : 'fhir' } = options;
    const relative = path.replace(`${origin}/${base}`, '').replace(/^\/(patients\/)?/, '');
    const authorization = actor === undefined ? who : `${who} ${actors.size}`;
    if (actor !== undefined) actors.set(authorization, { ...callOf(who).actor, ...actor });
    const template = base.replace(/^trusts\/[^/]+/, 'trusts/{ods}');
    const ods = /^trusts\/([^/]+)/.exec(base)?.[1];
    const [place = ''] = relative.split('?');
    const found =
      place === ''
        ? { route: routes.find((route) => route.method === method && route.route === template), params: {} }
        : matchRoute(routes, template, method, place);
    if (found?.route === undefined) throw new Error(`No route answers ${method} ${path}`);
    const sent =
      body instanceof Uint8Array
        ? body
        : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body ?? null));
    return http.serve(found.route, {
      method,
      url: `${origin}/${base}/${relative}`,
      headers: new Headers({ authorization, 'content-type': 'application/fhir+json', ...headers }),
      params: { ...found.params, ...(ods === undefined ? {} : { ods }) },
      body: async () => sent,
      traceparent: undefined,
    });
  };
  return {
    store,
    audited,
    spent,
    serve,
    send: async (...request) => answerOf(await serve(...request)),
    close: () => store.close(),
  };
}

const answerOf = async ({ status, headers, body }: RawReply): Promise<Answer> => ({
  status,
  headers,
  body:
    typeof body === 'string' ? JSON.parse(body) : body instanceof ReadableStream ? await new Response(body).json() : {},
  ...(body instanceof Uint8Array ? { bytes: body } : {}),
});
