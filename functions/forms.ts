import type { Route } from '../shared/http.ts';
import { queues } from '../shared/topology.ts';
import type { App } from './app.ts';
import type { Trigger } from './trigger.ts';

/** Forms: what there is, sending one, and what became of it. */
export function formRoutes({ forms, config }: App): Route[] {
  const problem = { errors: 'problem' } as const;
  return [
    {
      ...problem,
      name: 'listForms',
      method: 'GET',
      route: 'forms',
      policy: 'form:read',
      handler: async () => ({
        status: 200,
        json: { forms: forms.list() },
        disclosed: { subtype: 'list-forms', action: 'R' },
      }),
    },
    {
      ...problem,
      name: 'formDefinition',
      method: 'GET',
      route: 'forms/{form}/definition',
      policy: 'form:read',
      handler: async ({ params }) => ({
        status: 200,
        json: forms.definition(params['form'] ?? ''),
        contentType: 'application/fhir+json',
        disclosed: { subtype: 'form-definition', action: 'R' },
      }),
    },
    {
      ...problem,
      name: 'submitForm',
      method: 'POST',
      route: 'forms/{form}/responses',
      policy: 'form:submit',
      async handler({ call, params, headers, json }) {
        const { patient, ...status } = await forms.submit(
          call,
          params['form'] ?? '',
          await json(),
          headers.get('idempotency-key'),
        );
        const location = `${config.publicOrigin}${status.statusUrl}`;
        return {
          status: 202,
          headers: { location },
          json: { ...status, statusUrl: location },
          disclosed: { subtype: 'form-received', action: 'E', patients: [patient] },
        };
      },
    },
    {
      ...problem,
      name: 'formStatus',
      method: 'GET',
      route: 'forms/{form}/responses/{receipt}',
      policy: 'form:read',
      async handler({ call, params }) {
        const { patient, ...status } = await forms.status(call, params['form'] ?? '', params['receipt'] ?? '');
        return {
          status: 200,
          json: {
            ...status,
            statusUrl: `${config.publicOrigin}/forms/${params['form']}/responses/${params['receipt']}`,
          },
          disclosed: { subtype: 'form-status', action: 'R', patients: [patient] },
        };
      },
    },
  ];
}

export const formTriggers = ({ forms, telemetry }: App): Trigger[] => [
  {
    kind: 'queue',
    name: 'processForm',
    queue: queues.formIntake,
    sessions: true,
    batch: false,
    async handler(messages) {
      for (const { body, messageId, traceparent } of messages) {
        await telemetry.span('fileForm', { parent: traceparent, attributes: { 'form.id': messageId } }, () =>
          forms.process(body),
        );
      }
    },
  },
];
