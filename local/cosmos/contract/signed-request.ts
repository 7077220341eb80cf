import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';

/** What a request by hand was answered. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
  json(): Record<string, unknown>;
}

export interface RawRequest {
  readonly method: string;
  /** As it goes on the wire, percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Resource type and link to sign; otherwise taken from the path. */
  readonly sign?: readonly [type: string, link: string];
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Sends a request as clients other than the JavaScript SDK write it, signed with the account's key. */
export function signedRequest(
  { endpoint, key }: { readonly endpoint: string; readonly key: string },
  { method, path, headers = {}, body, sign }: RawRequest,
): Promise<RawAnswer> {
  const date = new Date().toUTCString();
  const [type, link] = sign ?? signedPath(path);
  const text = `${method.toLowerCase()}\n${type}\n${link}\n${date.toLowerCase()}\n\n`;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        agent,
        method,
        path,
        headers: {
          authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`),
          'x-ms-date': date,
          'x-ms-version': '2020-07-15',
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            json: () => JSON.parse(whole.toString()),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function signedPath(path: string): [type: string, link: string] {
  const segments = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  const even = segments.length % 2 === 0;
  return [(even ? segments.at(-2) : segments.at(-1)) ?? '', (even ? segments : segments.slice(0, -1)).join('/')];
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
