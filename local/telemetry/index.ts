import { createServer } from 'node:https';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readBody, sendJson } from '../http-json.ts';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { GroupCommit, openDatabase } from '../sqlite.ts';
import { type LocalCertificate, readCertificate } from '../tls.ts';

export interface TelemetryOptions extends ServerOptions {
  readonly tls: LocalCertificate;
}

interface Envelope {
  readonly time?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly data?: {
    readonly baseType?: string;
    readonly baseData?: { readonly properties?: Readonly<Record<string, string>> };
  };
}

const schema = `
CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, operation TEXT, kind TEXT, time TEXT NOT NULL, envelope TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_operation ON items (operation);
CREATE TABLE IF NOT EXISTS attributes (name TEXT NOT NULL, value TEXT NOT NULL, item INTEGER NOT NULL, PRIMARY KEY (name, value, item)) WITHOUT ROWID;
`;

/**
 * Receives what Application Insights clients send (TLS, since the client insists on it) and answers
 * `GET /query?operation=TRACE`, `?attribute=NAME=VALUE` or `?since=ISO-TIME`.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<RunningServer> {
  const db = openDatabase(join(options.state, 'telemetry.db'), schema);
  const commit = new GroupCommit(db);
  const store = (envelope: Envelope): void => {
    const { lastInsertRowid } = db
      .prepare('INSERT INTO items (operation, kind, time, envelope) VALUES (?, ?, ?, ?)')
      .run(
        envelope.tags?.['ai.operation.id'] ?? null,
        envelope.data?.baseType ?? null,
        envelope.time ?? '',
        JSON.stringify(envelope),
      );
    for (const [name, value] of Object.entries(envelope.data?.baseData?.properties ?? {}))
      db.prepare('INSERT OR IGNORE INTO attributes VALUES (?, ?, ?)').run(name, String(value), lastInsertRowid);
  };
  const find = (query: URLSearchParams): unknown[] => {
    const operation = query.get('operation');
    const [attribute, value] = (query.get('attribute') ?? '').split(/=(.*)/s);
    const rows =
      operation !== null
        ? db.prepare('SELECT envelope FROM items WHERE operation = ? ORDER BY time').all(operation)
        : attribute
          ? db
              .prepare(
                'SELECT i.envelope FROM items i JOIN attributes a ON a.item = i.id WHERE a.name = ? AND a.value = ? ORDER BY i.time',
              )
              .all(attribute, value ?? '')
          : db
              .prepare('SELECT envelope FROM items WHERE time >= ? ORDER BY time LIMIT 1000')
              .all(query.get('since') ?? '');
    return rows.map((row) => JSON.parse(String((row as { envelope: string }).envelope)));
  };
  const server = createServer(readCertificate(options.tls), async (request, response) => {
    try {
      const url = new URL(request.url ?? '/', 'https://localhost');
      if (request.method === 'GET' && url.pathname === '/query') return sendJson(response, 200, find(url.searchParams));
      const raw = await readBody(request, 16 * 1024 * 1024);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
      if (!/\/v2(\.1)?\/track$/.test(url.pathname)) return sendJson(response, 200, {});
      const envelopes: Envelope[] = text.trimStart().startsWith('[')
        ? JSON.parse(text)
        : text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line));
      await commit.run(() => envelopes.forEach(store));
      sendJson(response, 200, { itemsReceived: envelopes.length, itemsAccepted: envelopes.length, errors: [] });
    } catch {
      sendJson(response, 400, {
        itemsReceived: 0,
        itemsAccepted: 0,
        errors: [{ index: 0, statusCode: 400, message: 'The items are malformed.' }],
      });
    }
  });
  const running = await listen(server, options.port);
  return {
    port: running.port,
    endpoint: `https://localhost:${running.port}`,
    async close() {
      await running.close();
      db.close();
    },
  };
}
