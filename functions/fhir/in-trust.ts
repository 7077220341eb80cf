import type { Policy } from '../../shared/access/index.ts';
import { WardlineError } from '../../shared/errors.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { FhirApp } from './fhir-app.ts';

type Handler = (request: AuthorisedRequest) => Promise<Reply>;

/**
 * A handler for the records of the trust that the address names (`/trusts/{ods}/fhir`). Without an agreement nothing of that trust is so
 * much as looked for; what is shown by one, or refused in spite of it, stands in the audit trail of the trust whose records they are.
 */
export const inTrust =
  ({ access }: Pick<FhirApp, 'access'>, policy: Policy, handler: Handler): Handler =>
  async (request) => {
    const { ods } = request.params;
    const own = request.call.actor.trust;
    if (ods === undefined || ods === own) return handler(request);
    await access.require(request.call, { policy, trust: ods });
    const reply = await handler(request).catch((error: unknown) => {
      if (!(error instanceof WardlineError)) throw error;
      const { code, message, problems, retryAfter } = error;
      const retry = retryAfter === undefined ? {} : { retryAfter };
      throw new WardlineError(code, message, { problems, ...retry, trust: ods, cause: error });
    });
    return reply.disclosed === undefined ? reply : { ...reply, disclosed: { ...reply.disclosed, trust: ods } };
  };
