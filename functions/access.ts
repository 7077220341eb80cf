import { WardlineError } from '../shared/errors.ts';
import type { Route } from '../shared/http.ts';
import { explainRoutes } from './access-explain.ts';
import { agreementRoutes } from './agreements.ts';
import type { App } from './app.ts';
import { emergencyRoutes } from './emergency.ts';

/** Names as directories give them to groups, and as they fit into keys of the store. */
const teamName = /^[\w.-]{1,100}$/;
const ward = /^([A-Za-z0-9][A-Za-z0-9-]{0,30}|\*)$/;
const maximumWards = 500;

/** Why access is allowed or not, how it is opened in an emergency, and what a trust's operators approve. */
export function accessRoutes(app: App): Route[] {
  const { access } = app;
  const route = { errors: 'problem', method: 'PUT' } as const;
  return [
    ...explainRoutes(app),
    ...emergencyRoutes(app),
    ...agreementRoutes(app),
    {
      ...route,
      name: 'approveTeam',
      route: 'operations/teams/{team}',
      policy: 'operations:approve',
      async handler({ call, params, json }) {
        const name = params['team'] ?? '';
        if (!teamName.test(name))
          throw new WardlineError('invalid-parameter', 'A team is named by letters, digits, "-", "_" and ".".', {
            expression: 'team',
          });
        const wards = wardsIn(await json());
        await access.approveTeam(call.actor.trust, { name, wards });
        return {
          status: 204,
          disclosed: { subtype: 'approve-team', action: 'U', entities: [{ type: 'Team', id: name }] },
        };
      },
    },
    {
      ...route,
      name: 'openTrust',
      route: 'operations/trusts/{ods}',
      policy: 'operations:approve',
      async handler({ call, params }) {
        if (params['ods'] !== call.actor.trust) throw new WardlineError('forbidden', 'You open your own trust only.');
        await access.openTrust(call.actor.trust);
        return {
          status: 204,
          disclosed: { subtype: 'open-trust', action: 'U', entities: [{ type: 'Trust', id: call.actor.trust }] },
        };
      },
    },
  ];
}

/** @throws WardlineError `invalid-body` */
function wardsIn(body: unknown): string[] {
  const { wards } = Object(body) as { wards?: unknown };
  const isWard = (one: unknown): one is string => typeof one === 'string' && ward.test(one);
  if (!Array.isArray(wards) || wards.length > maximumWards || !wards.every(isWard))
    throw new WardlineError('invalid-body', 'Send {"wards": ["J09"]}; "*" means all wards, an empty list none.', {
      expression: 'wards',
    });
  return wards;
}
