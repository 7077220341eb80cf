import { currentSession, signIn } from './sign-in.ts';

/** The server refused, in its own words (problem+json, RFC 9457, or a FHIR OperationOutcome). */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Calls Wardline as the signed-in member of staff; signs in first when nobody is.
 * @throws Refused when the server says no; TypeError when it cannot be reached.
 */
export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await send(path, init);
  if (response.ok || response.status === 304) return response;
  throw new Refused(response.status, await explain(response));
}

/** The same, whatever the answer is. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const session = currentSession() ?? (await signIn());
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${session.accessToken}`);
  const response = await fetch(path, { ...init, headers, cache: 'no-store' });
  return response.status === 401 ? signIn() : response;
}

async function explain(response: Response): Promise<string> {
  try {
    const body: { detail?: string; issue?: { details?: { text?: string }; diagnostics?: string }[] } =
      await response.json();
    const first = body.issue?.[0];
    return body.detail ?? first?.details?.text ?? first?.diagnostics ?? response.statusText;
  } catch {
    return response.statusText;
  }
}
