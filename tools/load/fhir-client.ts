import { readEndpoints } from '../endpoints.ts';
import { tokenFor } from '../token-for.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const { functions } = readEndpoints();

/** Calls the FHIR API as a demo user. */
export async function callFhir(user: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(new URL(`/fhir${path}`, functions), {
    method,
    headers: { authorization: `Bearer ${await tokenFor(user)}`, 'content-type': 'application/fhir+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** What an OperationOutcome says, on one line. */
export function reasonOf({ body }: Answer): string {
  const { issue = [] } = (body ?? {}) as { issue?: { details?: { text?: string }; expression?: string[] }[] };
  return issue.map(({ details, expression }) => `${expression?.[0] ?? ''} ${details?.text ?? ''}`.trim()).join('; ');
}
