import { accessRoutes } from '../../functions/access.ts';
import { openApiRoutes } from '../../functions/api/open-api-routes.ts';
import { composeApp } from '../../functions/app.ts';
import { auditRoutes } from '../../functions/audit.ts';
import { boardRebuildRoutes } from '../../functions/board-rebuild.ts';
import { boardRoutes } from '../../functions/boards.ts';
import { erasureRoutes } from '../../functions/erasure.ts';
import { formRoutes } from '../../functions/forms.ts';
import { healthRoutes } from '../../functions/health.ts';
import { keyRotationRoutes } from '../../functions/key-rotation.ts';
import { nhsNumberRoutes } from '../../functions/nhs-number.ts';
import { type Orchestrations, withOrchestrations } from '../../functions/orchestrations.ts';
import { pageRoutes } from '../../functions/pages.ts';
import { recordRoutes } from '../../functions/records.ts';
import { timelineRoutes } from '../../functions/timeline.ts';
import { parseConfig } from '../../shared/config.ts';
import type { Route } from '../../shared/http.ts';

/** Nothing of it is reached: clients open at their first use, and handlers are not called. */
const app = composeApp(
  parseConfig({
    WARDLINE_TRUSTS: 'RR8',
    Cosmos__accountEndpoint: 'https://localhost:1',
    ServiceBus__fullyQualifiedNamespace: 'localhost',
    Blobs__serviceUri: 'https://localhost:1',
    WebPubSub__serviceUri: 'https://localhost:1',
    EventGridOut__topicEndpointUri: 'https://localhost:1',
    KEY_VAULT_URL: 'https://localhost:1',
    TOKEN_ISSUERS: 'https://localhost:1',
    TOKEN_AUDIENCE: 'api://wardline',
    PUBLIC_ORIGIN: 'https://localhost:1',
    PAGES_CLIENT_ID: 'wardline-web',
  }),
);
const noOrchestrations: Orchestrations = { start: async () => true, status: async () => undefined };

const others: Route[] = [
  ...[
    healthRoutes,
    recordRoutes,
    formRoutes,
    boardRoutes,
    auditRoutes,
    accessRoutes,
    nhsNumberRoutes,
    pageRoutes,
    timelineRoutes,
  ].flatMap((table) => table(app)),
  ...[boardRebuildRoutes, keyRotationRoutes, erasureRoutes].flatMap((table) =>
    table(app).map((route) => withOrchestrations(route, noOrchestrations)),
  ),
];

/** Every route there is, as `functions/main.ts` registers them. */
export const allRoutes: readonly Route[] = [...others, ...openApiRoutes(others, 'https://localhost:1')];
