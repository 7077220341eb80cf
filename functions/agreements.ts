import type { Agreement } from '../shared/access/index.ts';
import type { Clock, Role } from '../shared/context.ts';
import { WardlineError } from '../shared/errors.ts';
import { resourceTypes } from '../shared/fhir/index.ts';
import type { AuthorisedRequest, GuardedRoute } from '../shared/http.ts';
import type { App } from './app.ts';

/** Who may be let in at all: those who care for patients. */
const roles: readonly Role[] = ['nurse', 'doctor', 'pharmacist'];
/** What for (HL7 v3 ActReason, PurposeOfUse): treatment, and the coordination of care. */
const purposes = ['TREAT', 'COC'] as const;
/** Days: an agreement that nobody looks at again ends. */
const longest = 366;
const odsCode = /^[A-Z0-9]{3,10}$/;
/** The trail stays with its trust. */
const shareable: ReadonlySet<string> = new Set(resourceTypes.filter((type) => type !== 'AuditEvent'));

/** What a trust lets others read of its records: made, looked at and ended by its operators. */
export function agreementRoutes({ access, clock }: Pick<App, 'access' | 'clock'>): GuardedRoute[] {
  const route = { errors: 'problem', policy: 'operations:approve' } as const;
  return [
    {
      ...route,
      name: 'readAgreements',
      method: 'GET',
      route: 'operations/agreements',
      async handler({ call }) {
        const now = clock.now().getTime();
        const agreements = (await access.agreementsOf(call.actor.trust)).map((one) => ({
          ...one,
          stands: Date.parse(one.until) > now,
        }));
        return { status: 200, json: { agreements }, disclosed: { subtype: 'read-agreements', action: 'R' } };
      },
    },
    {
      ...route,
      name: 'makeAgreement',
      method: 'PUT',
      route: 'operations/agreements/{ods}',
      async handler(request) {
        const agreement = await agreementIn(request, clock);
        await access.makeAgreement(request.call.actor.trust, agreement);
        return {
          status: 200,
          json: agreement,
          disclosed: {
            subtype: 'make-agreement',
            action: 'U',
            entities: [{ type: 'Agreement', id: agreement.with }],
          },
        };
      },
    },
    {
      ...route,
      name: 'endAgreement',
      method: 'DELETE',
      route: 'operations/agreements/{ods}',
      async handler(request) {
        const other = otherIn(request);
        if (!(await access.endAgreement(request.call.actor.trust, other)))
          throw new WardlineError('not-found', 'There is no such agreement.');
        return {
          status: 204,
          disclosed: { subtype: 'end-agreement', action: 'D', entities: [{ type: 'Agreement', id: other }] },
        };
      },
    },
  ];
}

/** @throws WardlineError `invalid-parameter` */
function otherIn({ params, call }: AuthorisedRequest): string {
  const ods = params['ods'] ?? '';
  if (!odsCode.test(ods) || ods === call.actor.trust)
    throw new WardlineError('invalid-parameter', 'Name another trust by its ODS code, such as RXF.', {
      expression: 'ods',
    });
  return ods;
}

/** @throws WardlineError `invalid-parameter`, `invalid-body` */
async function agreementIn(request: AuthorisedRequest, clock: Clock): Promise<Agreement> {
  const other = otherIn(request);
  const body = Object(await request.json()) as Record<string, unknown>;
  const refuse = (detail: string, expression: string): WardlineError =>
    new WardlineError('invalid-body', detail, { expression });
  const unknown = Object.keys(body).find((name) => !['roles', 'types', 'purpose', 'until'].includes(name));
  if (unknown !== undefined) throw refuse('An agreement has roles, types, purpose and until.', 'agreement');
  const listed = <T extends string>(value: unknown, among: (one: unknown) => one is T): value is readonly T[] =>
    Array.isArray(value) && value.length > 0 && new Set(value).size === value.length && value.every(among);
  const { roles: wantedRoles, types, purpose, until } = body;
  if (!listed(wantedRoles, (one): one is Role => roles.some((role) => role === one)))
    throw refuse(`roles is a list of ${roles.join(', ')}.`, 'roles');
  if (!listed(types, (one): one is string => typeof one === 'string' && shareable.has(one)))
    throw refuse('types is a list of FHIR R4 resource types, each named; AuditEvent is not shared.', 'types');
  const reason = purposes.find((one) => one === purpose);
  if (reason === undefined) throw refuse(`purpose is one of ${purposes.join(', ')}.`, 'purpose');
  const end =
    typeof until === 'string' && /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(until)
      ? Date.parse(until)
      : Number.NaN;
  const now = clock.now().getTime();
  if (!(end > now && end <= now + longest * 24 * 3_600_000))
    throw refuse(`until is a moment such as 2027-03-31T23:59:59Z, within ${longest} days from now.`, 'until');
  return { with: other, roles: wantedRoles, types, purpose: reason, until: new Date(end).toISOString() };
}
