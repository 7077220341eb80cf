import type { TokenCredential } from '@azure/identity';
import type { WebPubSubServiceClient } from '@azure/web-pubsub';
import type { Connection } from '../config.ts';
import { boardHub } from '../topology.ts';
import { isLoopback } from './loopback.ts';

/** Web PubSub: hints to whoever looks at a ward. A hint holds no patient data. */
export interface PubSub {
  hint(group: string, data: Readonly<Record<string, string | number>>): Promise<void>;
  /** An address to listen at, for one group and an hour. */
  connect(group: string, userId: string): Promise<string>;
}

export function createPubSub(connection: Connection, credential: TokenCredential): PubSub {
  let client: Promise<WebPubSubServiceClient> | undefined;
  const open = async (): Promise<WebPubSubServiceClient> => {
    const { WebPubSubServiceClient: Client } = await import('@azure/web-pubsub');
    if ('endpoint' in connection) return new Client(connection.endpoint, credential, boardHub);
    const { connectionString } = connection;
    const endpoint = /(?:^|;)\s*Endpoint=([^;]+)/i.exec(connectionString)?.[1] ?? '';
    return new Client(connectionString, boardHub, { allowInsecureConnection: isLoopback(endpoint) });
  };
  const connected = (): Promise<WebPubSubServiceClient> => {
    client ??= open();
    return client;
  };
  return {
    async hint(group, data) {
      await (await connected()).group(group).sendToAll(data);
    },
    connect: async (group, userId) =>
      (
        await (
          await connected()
        ).getClientAccessToken({ userId, roles: [`webpubsub.joinLeaveGroup.${group}`], expirationTimeInMinutes: 60 })
      ).url,
  };
}
