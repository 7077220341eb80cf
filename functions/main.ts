import {
  app,
  trigger as bindings,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
  input,
} from '@azure/functions';
import { readConfig } from '../shared/config.ts';
import { WardlineError } from '../shared/errors.ts';
import type { RawReply, RawRequest, Route } from '../shared/http.ts';
import { connections, database } from '../shared/topology.ts';
import { accessRoutes } from './access.ts';
import { openApiRoutes } from './api/open-api-routes.ts';
import { type App, composeApp } from './app.ts';
import { auditRoutes, auditTriggers } from './audit.ts';
import { binaryContentTriggers } from './binary-contents.ts';
import { boardRebuildRoutes, boardRebuildTriggers } from './board-rebuild.ts';
import { boardRoutes, boardTriggers } from './boards.ts';
import { deliveries } from './deliveries.ts';
import { erasureRoutes, erasureTriggers } from './erasure.ts';
import { eventTriggers } from './events.ts';
import { formRoutes, formTriggers } from './forms.ts';
import { handleDeliveries } from './handle-deliveries.ts';
import { healthRoutes } from './health.ts';
import { keyRotationRoutes, keyRotationTriggers } from './key-rotation.ts';
import { lateOrchestrations, lateOrchestrator } from './late-durable.ts';
import { nhsNumberRoutes } from './nhs-number.ts';
import { type OrchestrationRoute, withOrchestrations } from './orchestrations.ts';
import { pageRoutes } from './pages.ts';
import { recordRoutes } from './records.ts';
import { timelineRoutes } from './timeline.ts';
import type { Trigger } from './trigger.ts';

/** Which deployment runs what; locally `all` of it runs in one host. */
const wardline = composeApp(readConfig());
const { config } = wardline;
const runs = (...apps: readonly string[]): boolean => config.app === 'all' || apps.includes(config.app);

const routes: Route[] = [
  ...healthRoutes(wardline),
  ...(runs('api')
    ? [
        ...recordRoutes(wardline),
        ...timelineRoutes(wardline),
        ...formRoutes(wardline),
        ...boardRoutes(wardline),
        ...auditRoutes(wardline),
        ...accessRoutes(wardline),
        ...nhsNumberRoutes(wardline),
        ...pageRoutes(wardline),
      ]
    : []),
];
const orchestrationRoutes = runs('api')
  ? [...boardRebuildRoutes(wardline), ...keyRotationRoutes(wardline), ...erasureRoutes(wardline)]
  : [];
if (runs('api')) routes.push(...openApiRoutes([...routes, ...orchestrationRoutes], config.publicOrigin));
const triggers: Trigger[] = [
  ...(runs('flow') ? [...formTriggers(wardline), ...boardTriggers(wardline)] : []),
  ...(runs('audit') ? auditTriggers(wardline) : []),
  ...(runs('work')
    ? [
        ...boardRebuildTriggers(wardline),
        ...keyRotationTriggers(wardline),
        ...erasureTriggers(wardline),
        ...binaryContentTriggers(wardline),
      ]
    : []),
  ...eventTriggers(wardline).filter(({ kind }) => runs(kind === 'event-grid' ? 'inbox' : 'flow')),
];

// A whole record is answered as it is read, and never stands in memory.
app.setup({ enableHttpStream: true });
for (const route of routes) registerRoute(wardline, route);
for (const route of orchestrationRoutes) registerOrchestrationRoute(wardline, route);
for (const trigger of triggers) registerTrigger(wardline, trigger);
app.hook.appTerminate(() => wardline.telemetry.flush());

/** Authentication is Wardline's own (bearer tokens), so the host's keys are not used. */
function registerRoute({ http }: App, route: Route): void {
  app.http(route.name, {
    methods: [route.method],
    route: route.route,
    authLevel: 'anonymous',
    handler: async (request, context) => toResponse(await http.serve(route, toRawRequest(request, context))),
  });
}

/** A binding brings the client. The management addresses that it knows carry a key of the host: nobody is given them. */
function registerOrchestrationRoute({ http }: App, route: OrchestrationRoute): void {
  app.http(route.name, {
    methods: [route.method],
    route: route.route,
    authLevel: 'anonymous',
    extraInputs: [input.generic({ type: 'durableClient' })],
    handler: async (request, context) => {
      const bound = withOrchestrations(route, lateOrchestrations(context));
      return toResponse(await http.serve(bound, toRawRequest(request, context)));
    },
  });
}

function toRawRequest(request: HttpRequest, context: InvocationContext): RawRequest {
  return {
    method: request.method,
    url: request.url,
    headers: new Headers([...request.headers.entries()]),
    params: request.params,
    body: async () => new Uint8Array(await request.arrayBuffer()),
    traceparent: context.traceContext?.traceParent,
  };
}

function toResponse({ status, headers, body }: RawReply): HttpResponseInit {
  return { status, headers, ...(body === undefined ? {} : { body: body as HttpResponseInit['body'] }) };
}

function registerTrigger({ telemetry }: App, trigger: Trigger): void {
  const { name } = trigger;
  switch (trigger.kind) {
    case 'queue':
    case 'subscription': {
      const source =
        trigger.kind === 'queue'
          ? { queueName: trigger.queue }
          : { topicName: trigger.topic, subscriptionName: trigger.subscription };
      const options = {
        ...source,
        connection: connections.serviceBus,
        isSessionsEnabled: trigger.sessions,
        cardinality: trigger.kind === 'queue' && trigger.batch ? ('many' as const) : ('one' as const),
        handler: (body: unknown, context: InvocationContext) =>
          handleDeliveries(telemetry, trigger, deliveries(body, context.triggerMetadata ?? {})),
      };
      if (trigger.kind === 'queue') app.serviceBusQueue(name, options as Parameters<typeof app.serviceBusQueue>[1]);
      else app.serviceBusTopic(name, options as Parameters<typeof app.serviceBusTopic>[1]);
      return;
    }
    case 'feed':
      app.cosmosDB(name, {
        connection: connections.cosmos,
        databaseName: database,
        containerName: trigger.container,
        leaseContainerName: 'leases',
        leaseContainerPrefix: trigger.leasePrefix,
        createLeaseContainerIfNotExists: false,
        // The default of 5 s would be most of the second that a change may take to reach the wall.
        feedPollDelay: 200,
        startFromBeginning: true,
        // A feed must not skip: try for ever.
        retry: { strategy: 'exponentialBackoff', maxRetryCount: -1, minimumInterval: 1000, maximumInterval: 30_000 },
        handler: (documents: unknown[]) => trigger.handler(documents),
      });
      return;
    case 'event-grid':
      app.eventGrid(name, { handler: (event) => trigger.handler(event) });
      return;
    case 'timer':
      app.timer(name, { schedule: trigger.schedule, handler: () => trigger.handler() });
      return;
    case 'orchestration':
      app.generic(name, {
        trigger: bindings.generic({ type: 'orchestrationTrigger' }),
        handler: lateOrchestrator(trigger.orchestrator),
      });
      return;
    case 'activity':
      app.generic(name, {
        trigger: bindings.generic({ type: 'activityTrigger' }),
        async handler(value: unknown) {
          const { traceparent } = Object(value) as { traceparent?: string };
          try {
            return await telemetry.span(name, { parent: traceparent }, () => trigger.handler(value));
          } catch (cause) {
            // What an error says would stand in the orchestration's history.
            throw new Error(cause instanceof WardlineError ? cause.code : 'internal');
          }
        },
      });
  }
}
