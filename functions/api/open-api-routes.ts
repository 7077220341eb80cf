import type { Route } from '../../shared/http.ts';
import { type DescribedRoute, openApi } from './open-api.ts';

/** The description of the API, for clients and for the explorer page. */
export function openApiRoutes(others: readonly DescribedRoute[], origin: string): Route[] {
  const own = { name: 'openApi', method: 'GET', route: 'openapi.json', policy: 'public', errors: 'problem' } as const;
  const description = openApi([...others, own], origin);
  return [{ ...own, handler: async () => ({ status: 200, json: description, audited: 'not-needed' as const }) }];
}
