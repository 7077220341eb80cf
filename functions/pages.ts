import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WardlineError } from '../shared/errors.ts';
import type { Reply, Route } from '../shared/http.ts';
import type { App } from './app.ts';

const contentTypes: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Only plain names: no path leads out of the folder. */
const assetName = /^[a-z0-9-]+\.(js|css|svg)$/;

/** The pages that people see. They hold no data: each reads it through the API as whoever signed in. */
export function pageRoutes(app: Pick<App, 'config'>): Route[] {
  const { config } = app;
  const policy = contentSecurityPolicy(config.identity.issuers, config.webPubSub);
  const file = async (name: string): Promise<Reply> => ({
    status: 200,
    headers: { 'content-security-policy': policy, 'cache-control': name.endsWith('.html') ? 'no-cache' : 'max-age=60' },
    contentType: contentTypes[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    body: await readFile(join(config.root, 'web', 'dist', name)),
    audited: 'not-needed',
  });
  const page = (name: string, route: string, html: string): Route => ({
    name,
    method: 'GET',
    route,
    policy: 'public',
    errors: 'problem',
    handler: () => file(html),
  });
  return [
    page('homePage', '', 'home.html'),
    page('wardPage', 'wards/{ward}', 'board.html'),
    page('formPage', 'forms/{form}', 'form.html'),
    page('patientPage', 'patients/{patient}', 'patient-timeline.html'),
    page('explorerPage', 'explorer', 'explorer.html'),
    page('signInCallbackPage', 'sign-in/callback', 'callback.html'),
    {
      name: 'signInSettings',
      method: 'GET',
      route: 'sign-in/settings',
      policy: 'public',
      errors: 'problem',
      handler: async () => ({
        status: 200,
        json: {
          issuer: config.identity.issuers[0],
          clientId: config.identity.ownClients[0],
          resource: config.identity.audience,
        },
        audited: 'not-needed',
      }),
    },
    {
      name: 'asset',
      method: 'GET',
      route: 'assets/{file}',
      policy: 'public',
      errors: 'problem',
      handler: async ({ params }) => {
        const name = params['file'] ?? '';
        if (!assetName.test(name)) throw new WardlineError('not-found', 'There is no such file.');
        return file(name);
      },
    },
  ];
}

/** Scripts and styles from here alone; connections to here, the identity provider and the hint service. */
function contentSecurityPolicy(issuers: readonly string[], pubSub: App['config']['webPubSub']): string {
  const sockets =
    'endpoint' in pubSub
      ? pubSub.endpoint.replace(/^http/, 'ws')
      : (/Endpoint=http(s?:\/\/[^;]+).*?(?:;Port=(\d+))?/i.exec(pubSub.connectionString)?.[1] ?? '');
  const port = 'endpoint' in pubSub ? '' : (/;Port=(\d+)/i.exec(pubSub.connectionString)?.[1] ?? '');
  const socketOrigin = 'endpoint' in pubSub ? sockets : `ws${sockets}${port === '' ? '' : `:${port}`}`;
  const issuerOrigins = issuers.map((issuer) => new URL(issuer).origin);
  return [
    "default-src 'self'",
    `connect-src ${["'self'", ...issuerOrigins, socketOrigin].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
    "object-src 'none'",
  ].join('; ');
}
