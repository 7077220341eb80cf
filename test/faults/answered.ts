import type { Wardline } from '../support/wardline.ts';

/** A request that was answered. Each of them has exactly one entry on the audit trail. */
export interface Answered {
  readonly requestId: string;
  readonly path: string;
  readonly status: number;
}

/** A caller who keeps every answer's request id. */
export interface Caller {
  readonly answered: readonly Answered[];
  /** @returns undefined when no answer came: the server was killed meanwhile */
  call(path: string, init?: RequestInit): Promise<{ status: number; body: unknown } | undefined>;
}

export async function createCaller(wardline: Wardline, user: string): Promise<Caller> {
  const token = await wardline.token(user);
  const answered: Answered[] = [];
  return {
    answered,
    async call(path, init = {}) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json', ...init.headers };
      try {
        const response = await fetch(new URL(path, wardline.endpoints.functions), { ...init, headers });
        const text = await response.text();
        const requestId = response.headers.get('x-request-id');
        // An answer without id is the host's own: the application did not get the request.
        if (requestId === null) return undefined;
        answered.push({ requestId, path: path.split('?')[0] ?? '', status: response.status });
        return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
      } catch {
        return undefined;
      }
    },
  };
}
