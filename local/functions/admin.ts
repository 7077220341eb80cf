import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { RegisteredFunction } from './core-api.ts';
import type { Extension, HostReply, HostRoute, HostServices } from './extension.ts';
import type { Route } from './http/routes.ts';
import type { HostKeys, KeySet } from './keys.ts';
import { describeError } from './log.ts';

/** Whether the host takes work from its triggers. */
export interface HostState {
  /** Stops the triggers and lets what is under way end; HTTP functions go on being served. */
  drain(): void;
  draining(): 'Disabled' | 'InProgress' | 'Completed';
  outstanding(): number;
}

interface AdminOptions {
  readonly services: HostServices;
  readonly extensions: readonly Extension[];
  readonly routes: readonly Route[];
  readonly keys: HostKeys;
  readonly state: HostState;
}

/** The version of the Functions runtime whose behaviour this host follows. */
const version = '4.1044.0.0';
const instanceId = randomUUID();

/**
 * The host's own endpoints under `/admin`, as those of the real host
 * (https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http). All but the ping need the master key.
 */
export function adminRoute(options: AdminOptions): HostRoute {
  const { keys } = options;
  return async (request, path, readBody) => {
    // Names of functions and keys need no encoding, so nothing is decoded.
    const [area, ...words] = path.split('/').filter((part) => part !== '');
    if (area?.toLowerCase() !== 'admin') return undefined;
    const at = words.map((word) => word.toLowerCase()).join('/');
    const method = request.method ?? 'GET';
    if (at === 'host/ping') return { status: 200, headers: { 'cache-control': 'no-store' } };
    if (!keys.allows(request, new URL(request.url ?? '/', 'http://localhost'), 'admin')) return { status: 401 };
    if (words[0]?.toLowerCase() === 'functions') return functionsArea(options, method, words.slice(1), readBody);
    switch (`${method} ${at}`) {
      case 'GET host/status':
        return json(200, {
          id: hostname().toLowerCase(),
          state: 'Running',
          version,
          versionDetails: version,
          instanceId,
          computerName: hostname(),
          processUptime: Math.round(process.uptime() * 1000),
          functionAppContentEditingState: 'NotAllowed',
        });
      case 'POST host/drain':
        options.state.drain();
        return { status: 202 };
      case 'GET host/drain/status':
        return json(200, {
          state: options.state.draining(),
          outstandingInvocations: options.state.outstanding(),
          outstandingRetries: 0,
        });
      default:
        return words[0]?.toLowerCase() === 'host'
          ? hostKeys(options.keys, method, words.slice(1), readBody)
          : undefined;
    }
  };
}

/** `/admin/functions`: what there is, a call by hand, and the keys of a function. */
async function functionsArea(
  options: AdminOptions,
  method: string,
  [name, ...rest]: readonly string[],
  readBody: () => Promise<Buffer>,
): Promise<HostReply | undefined> {
  const { services } = options;
  if (name === undefined) {
    return method === 'GET'
      ? json(
          200,
          services.functions.map((one) => describe(one, options)),
        )
      : { status: 405 };
  }
  const one = services.functions.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (one === undefined) return { status: 404 };
  if (rest[0]?.toLowerCase() === 'keys')
    return keySet(options.keys, { kind: 'function', name: one.name }, method, rest.slice(1), readBody);
  if (rest[0]?.toLowerCase() === 'status') return json(200, { name: one.name, errors: [] });
  if (rest.length > 0) return { status: 404 };
  if (method === 'GET') return json(200, describe(one, options));
  return method === 'POST' ? callByHand(one, options, await readBody()) : { status: 405 };
}

/** The function is called once the caller has its answer, as in Azure: 202 says nothing of how it ends. */
function callByHand(one: RegisteredFunction, { services, extensions }: AdminOptions, body: Buffer): HostReply {
  const kind = extensions.flatMap(({ triggers = {} }) => triggers[one.trigger.binding.type.toLowerCase()] ?? [])[0];
  let input: unknown;
  try {
    input = body.length === 0 ? '' : (JSON.parse(String(body)) as { input?: unknown } | null)?.input;
    if (input !== undefined && typeof input !== 'string') throw new TypeError('The input is no text.');
    const invocation = kind?.byHand?.(one, input ?? '');
    if (invocation === undefined)
      return json(400, { error: `A function with a ${one.trigger.binding.type} is not called by hand.` });
    setImmediate(() => {
      services
        .invoke(one, invocation)
        .catch((error: unknown) =>
          services.log('error', `Function.${one.name}`, `failed with ${describeError(error)}`),
        );
    });
    return { status: 202 };
  } catch {
    return json(400, { error: 'Send {"input": "…"}: a text that the trigger understands, JSON where it takes JSON.' });
  }
}

function describe(one: RegisteredFunction, { routes, services }: AdminOptions): object {
  const route = routes.find((candidate) => candidate.one.name === one.name);
  const href = `${services.origin()}/admin/functions/${one.name}`;
  return {
    name: one.name,
    href,
    invoke_url_template: route === undefined ? null : `${services.origin()}/${route.template}`,
    language: 'node',
    config: { bindings: Object.entries(one.bindings).map(([name, binding]) => ({ name, ...binding })) },
    isDisabled: false,
    isDirect: true,
    isProxy: false,
  };
}

/** `/admin/host/{functionkeys|systemkeys|keys}[/NAME]`, and the master key under its own name. */
async function hostKeys(
  keys: HostKeys,
  method: string,
  [set, ...rest]: readonly string[],
  readBody: () => Promise<Buffer>,
): Promise<HostReply | undefined> {
  const name = set?.toLowerCase();
  if (name !== 'keys' && name !== 'functionkeys' && name !== 'systemkeys') return undefined;
  if (name === 'systemkeys' && rest[0] === '_master') {
    if (method === 'GET') return json(200, { name: '_master', value: keys.masterKey });
    if (method === 'POST') return json(200, { name: '_master', value: keys.renewMaster() });
    return { status: 405 };
  }
  return keySet(keys, { kind: name === 'systemkeys' ? 'systemKeys' : 'functionKeys' }, method, rest, readBody);
}

async function keySet(
  keys: HostKeys,
  set: KeySet,
  method: string,
  [name]: readonly string[],
  readBody: () => Promise<Buffer>,
): Promise<HostReply> {
  const kept = keys.list(set);
  if (kept === undefined) return { status: 404 };
  if (name === undefined) {
    if (method !== 'GET') return { status: 405 };
    return json(200, { keys: Object.entries(kept).map(([key, value]) => ({ name: key, value })) });
  }
  if (!/^[A-Za-z0-9][\w-]{0,99}$/.test(name)) return { status: 400 };
  switch (method) {
    case 'GET':
      return Object.hasOwn(kept, name) ? json(200, { name, value: kept[name] }) : { status: 404 };
    case 'POST':
      return json(200, { name, value: keys.put(set, name) });
    case 'PUT': {
      const value = givenValue(await readBody());
      return value === undefined ? { status: 400 } : json(201, { name, value: keys.put(set, name, value) });
    }
    case 'DELETE':
      return { status: keys.remove(set, name) ? 204 : 404 };
    default:
      return { status: 405 };
  }
}

function givenValue(body: Buffer): string | undefined {
  try {
    const value: unknown = (JSON.parse(String(body)) as { value?: unknown } | null)?.value;
    return typeof value === 'string' && value.length >= 16 ? value : undefined;
  } catch {
    return undefined;
  }
}

const json = (status: number, body: unknown): HostReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
});
