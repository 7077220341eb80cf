import { hasCode, WardlineError } from '../shared/errors.ts';
import { isNhsNumber } from '../shared/fhir/index.ts';
import type { AuthorisedRequest, Route } from '../shared/http.ts';
import type { App } from './app.ts';
import { numberOf, statuses, type VerificationStatus, withNhsNumber } from './nhs-number-claim.ts';

const triesAtMost = 5;

/** Giving a patient who has none an NHS number, and saying how far it was verified. */
export function nhsNumberRoutes({ records, validateResource }: Pick<App, 'records' | 'validateResource'>): Route[] {
  return [
    {
      name: 'claimNhsNumber',
      method: 'PUT',
      route: 'patients/{patient}/nhs-number',
      errors: 'problem',
      policy: 'record:write',
      async handler(request) {
        const { call, params } = request;
        const { trust } = call.actor;
        const id = params['patient'] ?? '';
        const { nhsNumber, verification } = await parse(request);
        for (let attempt = 1; ; attempt++) {
          const { found } = await records.read(call, trust, { type: 'Patient', id });
          const has = numberOf(found.resource);
          if (has !== undefined && has !== nhsNumber)
            throw new WardlineError(
              'conflict',
              'The patient has another NHS number. Whoever registers patients corrects it in the Patient itself.',
              { expression: 'nhsNumber' },
            );
          const { meta: _, ...resource } = withNhsNumber(found.resource, nhsNumber, verification);
          await validateResource(resource, 'Patient');
          const change = { kind: 'update', type: 'Patient', id, resource, ifMatch: found.versionId } as const;
          try {
            const facts = { subtype: 'claim-nhs-number', action: 'U' } as const;
            const { changes, session } = await records.commit(call, trust, [change], facts);
            return {
              status: 200,
              headers: { 'x-wardline-session': session },
              json: { patient: id, versionId: changes[0]?.versionId, verification },
              audited: 'in-commit',
            };
          } catch (error) {
            const raced = hasCode(error, 'version-mismatch');
            if (!raced || attempt === triesAtMost) throw error;
          }
        }
      },
    },
  ];
}

/** @throws WardlineError `invalid-body` */
async function parse({ json }: AuthorisedRequest): Promise<{ nhsNumber: string; verification: VerificationStatus }> {
  const { nhsNumber, verification } = Object(await json()) as Record<string, unknown>;
  const digits = typeof nhsNumber === 'string' ? nhsNumber.replaceAll(' ', '') : '';
  if (!isNhsNumber(digits))
    throw new WardlineError('invalid-body', 'An NHS number is ten digits, the last of them the check digit.', {
      expression: 'nhsNumber',
    });
  const status = statuses.find((one) => one === verification);
  if (status === undefined)
    throw new WardlineError(
      'invalid-body',
      `The verification is one of ${statuses.join(', ')} (NHS NUMBER STATUS INDICATOR CODE; 07 and 08 are for patients without a number).`,
      { expression: 'verification' },
    );
  return { nhsNumber: digits, verification: status };
}
