import type { Extension, HostServices } from '../extension.ts';
import type { RpcHttp } from '../typed-data.ts';

/** What a call by hand may say of an HTTP request; a text that is no such object is its body. */
interface HandRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** HTTP functions: the front end serves them. */
export const openHttp = ({ origin }: HostServices): Extension => ({
  triggers: {
    httptrigger: {
      byHand: ({ name }, input) => ({ input: { http: toRequest(`${origin()}/admin/functions/${name}`, input) } }),
    },
  },
});

function toRequest(url: string, input: string): RpcHttp {
  const given = parse(input);
  const body =
    given === undefined ? input : typeof given.body === 'string' ? given.body : JSON.stringify(given.body ?? '');
  return {
    url,
    method: given?.method ?? 'POST',
    nullableHeaders: Object.fromEntries(
      Object.entries(given?.headers ?? {}).map(([name, value]) => [name, { value: String(value) }]),
    ),
    nullableQuery: {},
    nullableParams: {},
    ...(body === '' ? {} : { body: { bytes: Buffer.from(body) } }),
  };
}

function parse(input: string): HandRequest | undefined {
  try {
    const parsed: unknown = JSON.parse(input);
    const isRequest = typeof parsed === 'object' && parsed !== null && ('method' in parsed || 'body' in parsed);
    return isRequest ? (parsed as HandRequest) : undefined;
  } catch {
    return undefined;
  }
}
