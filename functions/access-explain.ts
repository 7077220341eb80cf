import type { Decision, Policy } from '../shared/access/index.ts';
import { type Actor, type Ods, roles } from '../shared/context.ts';
import { WardlineError } from '../shared/errors.ts';
import type { AuthorisedRequest, Route } from '../shared/http.ts';
import { relationOf } from '../shared/records/index.ts';
import type { App } from './app.ts';

const explained: readonly Policy[] = ['record:read', 'record:search', 'record:write', 'form:read', 'form:submit'];

/** Why somebody may see a patient, or not: for oneself, and for those who keep watch over others. */
export function explainRoutes({ access, records }: Pick<App, 'access' | 'records'>): Route[] {
  /** A patient who is not known is told like one whom one has nothing to do with. */
  const relation = async (trust: Ods, patient: string) => {
    const token = await records.patientToken(trust, patient);
    const head = token === undefined ? undefined : await records.head(trust, token);
    return head === undefined ? { token: '', wards: [] } : relationOf(head.token, head);
  };
  const answer = async (request: AuthorisedRequest, actor: Actor) => {
    const { query } = request;
    const trust = trustIn(query) ?? request.call.actor.trust;
    const policy = policyIn(query);
    const type = query.get('type');
    const patient = query.get('patient');
    const isElsewhere = trust !== request.call.actor.trust;
    const atAll: Decision | undefined = isElsewhere ? await access.decide(actor, { policy, trust }) : undefined;
    // Of another trust that shares nothing nothing is looked up.
    const isRefused = atAll?.allowed === false;
    const known = patient === null || isRefused ? undefined : await relation(trust, patient);
    const decision = isRefused
      ? atAll
      : await access.decide(actor, {
          policy,
          trust,
          ...(type === null ? {} : { type }),
          ...(policy === 'record:write' && type !== null ? { action: 'create' as const } : {}),
          ...(known === undefined ? {} : { patient: known }),
        });
    return {
      status: 200,
      json: { policy, ...decision },
      disclosed: {
        subtype: 'access-explain',
        action: 'R' as const,
        ...(isElsewhere && !isRefused ? { trust } : {}),
        ...(known === undefined || known.token === '' ? {} : { patients: [known.token] }),
      },
    };
  };
  return [
    {
      name: 'explainAccess',
      method: 'GET',
      route: 'access/explain',
      errors: 'problem',
      policy: 'access:explain',
      handler: (request) => answer(request, request.call.actor),
    },
    {
      name: 'explainAccessOf',
      method: 'GET',
      route: 'access/explain/{agent}',
      errors: 'problem',
      policy: 'audit:read',
      handler: (request) => answer(request, agentIn(request)),
    },
  ];
}

/** Whose records are meant, where they are another trust's. @throws WardlineError `invalid-parameter` */
function trustIn(query: URLSearchParams): Ods | undefined {
  const trust = query.get('trust');
  if (trust !== null && !/^[A-Z0-9]{3,10}$/.test(trust))
    throw new WardlineError('invalid-parameter', 'trust is an ODS code such as RXF.', { expression: 'trust' });
  return trust ?? undefined;
}

/** @throws WardlineError `invalid-parameter` */
function policyIn(query: URLSearchParams): Policy {
  const asked = query.get('policy') ?? 'record:read';
  const policy = explained.find((one) => one === asked);
  if (policy === undefined)
    throw new WardlineError('invalid-parameter', `policy is one of ${explained.join(', ')}.`, { expression: 'policy' });
  return policy;
}

/** A person of the caller's trust, as the directory would describe them. @throws WardlineError `invalid-parameter` */
function agentIn({ params, query, call }: AuthorisedRequest): Actor {
  const role = roles.find((one) => one === query.get('role'));
  if (role === undefined)
    throw new WardlineError('invalid-parameter', 'Say which role the person has: role=nurse.', { expression: 'role' });
  const { trust } = call.actor;
  return { kind: 'staff', id: params['agent'] ?? '', displayName: '', role, trust, teams: query.getAll('team') };
}
