import type { Adapter, AdapterPayload } from 'oidc-provider';
import { openDatabase } from '../sqlite.ts';

const schema = `
CREATE TABLE IF NOT EXISTS state (model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, expires INTEGER NOT NULL, uid TEXT, user_code TEXT, grant_id TEXT, PRIMARY KEY (model, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_uid ON state (uid) WHERE uid IS NOT NULL;
`;

/** Keeps the provider's sessions, codes and grants in SQLite, so that a sign-in outlives a restart. */
export function createAdapter(file: string): (model: string) => Adapter {
  const db = openDatabase(file, schema);
  const now = (): number => Math.floor(Date.now() / 1000);
  const open = (row: unknown): AdapterPayload | undefined => {
    const found = row as { payload: string; expires: number } | undefined;
    return found === undefined || found.expires <= now() ? undefined : JSON.parse(found.payload);
  };
  return (model) => ({
    async upsert(id, payload, expiresIn) {
      db.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?, ?, ?)').run(
        model,
        id,
        JSON.stringify(payload),
        now() + (expiresIn || 12 * 3600),
        payload.uid ?? null,
        payload.userCode ?? null,
        payload.grantId ?? null,
      );
    },
    find: async (id) => open(db.prepare('SELECT * FROM state WHERE model = ? AND id = ?').get(model, id)),
    findByUid: async (uid) => open(db.prepare('SELECT * FROM state WHERE model = ? AND uid = ?').get(model, uid)),
    findByUserCode: async (code) =>
      open(db.prepare('SELECT * FROM state WHERE model = ? AND user_code = ?').get(model, code)),
    async consume(id) {
      const payload = open(db.prepare('SELECT * FROM state WHERE model = ? AND id = ?').get(model, id));
      if (payload !== undefined)
        db.prepare('UPDATE state SET payload = ? WHERE model = ? AND id = ?').run(
          JSON.stringify({ ...payload, consumed: now() }),
          model,
          id,
        );
    },
    async destroy(id) {
      db.prepare('DELETE FROM state WHERE model = ? AND id = ?').run(model, id);
    },
    async revokeByGrantId(grant) {
      db.prepare('DELETE FROM state WHERE grant_id = ?').run(grant);
    },
  });
}
