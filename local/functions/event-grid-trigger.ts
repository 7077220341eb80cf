import type { RegisteredFunction } from './core-api.ts';
import type { HostRoute } from './http-front.ts';
import type { Invoke } from './invoke.ts';

/**
 * The webhook that Event Grid delivers to: `POST /runtime/webhooks/eventgrid?functionName=NAME`. Answers the validation
 * handshakes of both schemas itself; a function that throws makes Event Grid try again.
 */
export function eventGridRoute(
  functions: readonly RegisteredFunction[],
  invoke: Invoke,
  log: (line: string) => void,
): HostRoute {
  return async (request, path, readBody) => {
    if (!/^\/runtime\/webhooks\/eventgrid\/?$/i.test(path)) return undefined;
    const name = new URL(request.url ?? '/', 'http://localhost').searchParams.get('functionName');
    const one = functions.find(
      (candidate) =>
        candidate.trigger.binding.type === 'eventGridTrigger' && candidate.name.toLowerCase() === name?.toLowerCase(),
    );
    if (one === undefined) return { status: 404 };
    if (request.method === 'OPTIONS') {
      const origin = request.headers['webhook-request-origin'];
      return {
        status: 200,
        headers: { 'WebHook-Allowed-Origin': typeof origin === 'string' ? origin : '*', 'WebHook-Allowed-Rate': '*' },
      };
    }
    if (request.method !== 'POST') return { status: 405 };
    let events: unknown[];
    try {
      const body: unknown = JSON.parse(String(await readBody()));
      events = Array.isArray(body) ? body : [body];
    } catch {
      return { status: 400 };
    }
    const [first] = events;
    if (
      request.headers['aeg-event-type'] === 'SubscriptionValidation' &&
      typeof first === 'object' &&
      first !== null &&
      'data' in first
    ) {
      const code = (first.data as { validationCode?: unknown } | null)?.validationCode;
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ validationResponse: code }),
      };
    }
    try {
      for (const event of events) {
        const traceparent = typeof event === 'object' && event !== null ? Reflect.get(event, 'traceparent') : undefined;
        await invoke(one, {
          input: { json: JSON.stringify(event) },
          traceparent: typeof traceparent === 'string' ? traceparent : undefined,
        });
      }
      return { status: 202 };
    } catch (error) {
      log(`${one.name}: failed with ${error instanceof Error ? error.name : 'an error'}`);
      return { status: 500 };
    }
  };
}
