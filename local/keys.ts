import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Keys of the local services, made at first start. */
export interface LocalKeys {
  readonly cosmos: string;
  readonly serviceBus: string;
  readonly eventGridIn: string;
  readonly eventGridOut: string;
  readonly webPubSub: string;
  readonly blobs: string;
  readonly identityHeader: string;
  readonly admin: string;
  /** What Event Grid calls the functions host's webhook with. */
  readonly eventGridWebhook: string;
}

const made = (): string => randomBytes(32).toString('base64');
/** The key that Microsoft publishes for its Cosmos DB emulator; other tools try it first. */
const cosmosEmulatorKey = 'C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==';

/** Opens `<state>/keys.json` (mode 600). Keys that an older version did not know are added. */
export function openKeys(state: string): LocalKeys {
  const file = join(state, 'keys.json');
  const kept: Partial<LocalKeys> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const keys: LocalKeys = {
    cosmos: cosmosEmulatorKey,
    serviceBus: made(),
    eventGridIn: made(),
    eventGridOut: made(),
    webPubSub: made(),
    blobs: randomBytes(64).toString('base64'),
    identityHeader: made(),
    admin: made(),
    eventGridWebhook: randomBytes(40).toString('base64url'),
    ...kept,
  };
  writeFileSync(file, JSON.stringify(keys, null, 2), { mode: 0o600, flush: true });
  return keys;
}
