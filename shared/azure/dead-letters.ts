import { createHmac } from 'node:crypto';
import type { Config } from '../config.ts';

/** A queue or subscription in which messages wait that could not be handled. */
export interface DeadLetters {
  readonly path: string;
  readonly deadLettered: number;
}

/** Asks the local broker; in production, where no administration address is set, Azure Monitor alerts instead. */
export function createDeadLetters({
  serviceBus,
  serviceBusAdministration,
}: Config): () => Promise<readonly DeadLetters[]> {
  return async () => {
    if (serviceBusAdministration === undefined || !('connectionString' in serviceBus)) return [];
    const key = /SharedAccessKey=([^;]+)/.exec(serviceBus.connectionString)?.[1] ?? '';
    const name = /SharedAccessKeyName=([^;]+)/.exec(serviceBus.connectionString)?.[1] ?? '';
    const response = await fetch(new URL('/entities', serviceBusAdministration), {
      headers: { authorization: sharedAccessSignature(serviceBusAdministration, name, key) },
    });
    const entities = (await response.json()) as DeadLetters[];
    return entities.filter(({ deadLettered }) => deadLettered > 0);
  };
}

/** https://learn.microsoft.com/rest/api/eventhub/generate-sas-token */
function sharedAccessSignature(address: string, name: string, key: string): string {
  const resource = encodeURIComponent(address);
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const signature = createHmac('sha256', key).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${name}`;
}
