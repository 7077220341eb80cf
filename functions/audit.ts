import type { AuditEntry } from '../shared/audit/index.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Route } from '../shared/http.ts';
import { queues } from '../shared/topology.ts';
import type { App } from './app.ts';
import type { Trigger } from './trigger.ts';

/** The audit trail, for those who keep watch over it. */
export function auditRoutes({ audit, records }: App): Route[] {
  const problem = { errors: 'problem' } as const;
  return [
    {
      ...problem,
      name: 'readAuditEntries',
      method: 'GET',
      route: 'audit/patients/{patient}/entries',
      policy: 'audit:read',
      async handler({ call, params }) {
        const patient = params['patient'] ?? '';
        const token = await records.patientToken(call.actor.trust, patient);
        if (token === undefined) throw new WardlineError('not-found', 'There is no such patient.');
        const entries = await audit.ofPatient(call.actor.trust, token);
        return { status: 200, json: { entries }, disclosed: { subtype: 'audit-read', action: 'R', patients: [token] } };
      },
    },
    {
      ...problem,
      name: 'exportAuditChains',
      method: 'GET',
      route: 'audit/chains/{month}',
      policy: 'audit:read',
      async handler({ call, params }) {
        const month = params['month'] ?? '';
        if (!/^\d{4}-\d{2}$/.test(month))
          throw new WardlineError('invalid-parameter', 'The month is written as 2026-11.', { expression: 'month' });
        const chains = await audit.exportMonth(call.actor.trust, month);
        const lines = chains.flatMap(({ chain, begin, head, links }) => [
          JSON.stringify({ chain, begin, head }),
          ...links.map(({ seq, prev, hash, entry }) => JSON.stringify({ chain, seq, prev, hash, entry })),
        ]);
        return {
          status: 200,
          contentType: 'application/x-ndjson',
          body: `${lines.join('\n')}\n`,
          disclosed: { subtype: 'audit-export', action: 'E' },
        };
      },
    },
  ];
}

export const auditTriggers = ({ audit }: App): Trigger[] => [
  {
    kind: 'queue',
    name: 'appendAudit',
    queue: queues.audit,
    sessions: false,
    batch: true,
    handler: (messages) => audit.append(messages.map(({ body }) => body as AuditEntry)),
  },
  {
    kind: 'feed',
    name: 'discloseAudit',
    container: 'audit',
    leasePrefix: 'disclose-',
    handler: (documents) => audit.disclose(documents),
  },
];
