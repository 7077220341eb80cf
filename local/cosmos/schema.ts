/** The tables. Numbers of databases, containers and items are never given twice: clients keep resource ids. */
export const schema = `
CREATE TABLE IF NOT EXISTS databases (n INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, ts INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS containers (n INTEGER PRIMARY KEY, database TEXT NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,
  definition TEXT NOT NULL, lsn INTEGER NOT NULL DEFAULT 0, UNIQUE (database, id));
CREATE TABLE IF NOT EXISTS items (row INTEGER PRIMARY KEY, container INTEGER NOT NULL, partition TEXT NOT NULL, id TEXT NOT NULL,
  lsn INTEGER NOT NULL, etag TEXT NOT NULL, ts INTEGER NOT NULL, expires INTEGER, body TEXT NOT NULL, UNIQUE (container, partition, id));
CREATE INDEX IF NOT EXISTS feed ON items (container, lsn);
CREATE INDEX IF NOT EXISTS expiry ON items (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS unique_keys (container INTEGER NOT NULL, partition TEXT NOT NULL, key TEXT NOT NULL, item INTEGER NOT NULL,
  PRIMARY KEY (container, partition, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unique_keys_of_item ON unique_keys (item);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dropped (container INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS scripts (n INTEGER PRIMARY KEY AUTOINCREMENT, container INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
  body TEXT NOT NULL, ts INTEGER NOT NULL, extra TEXT NOT NULL, UNIQUE (container, kind, id));
CREATE TABLE IF NOT EXISTS versions (container INTEGER NOT NULL, lsn INTEGER NOT NULL, operation TEXT NOT NULL, at INTEGER NOT NULL,
  partition TEXT NOT NULL, id TEXT NOT NULL, body TEXT, previous INTEGER, expired INTEGER NOT NULL, PRIMARY KEY (container, lsn)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions_removed (container INTEGER PRIMARY KEY, lsn INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS offers (resource TEXT PRIMARY KEY, throughput TEXT NOT NULL) WITHOUT ROWID;
`;
