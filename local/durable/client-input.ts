/** Where the webhook answers, as the world sees it. */
export interface WebhookAddress {
  /** `http://localhost:7071` */
  readonly origin: string;
  readonly hub: string;
  /** The extension's system key. */
  readonly code: string;
}

export const webhookPath = '/runtime/webhooks/durabletask';
const placeholder = 'INSTANCEID';

/** What may be asked of one instance, as `createHttpManagementPayload` and `createCheckStatusResponse` hand it out. */
export function managementUrls({ origin, hub, code }: WebhookAddress, id = placeholder): Record<string, string> {
  const instance = `${origin}${webhookPath}/instances/${encodeURIComponent(id)}`;
  const rest = `taskHub=${hub}&connection=Storage&code=${code}`;
  return {
    id,
    statusQueryGetUri: `${instance}?${rest}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${rest}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${rest}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${rest}`,
    purgeHistoryDeleteUri: `${instance}?${rest}`,
    restartPostUri: `${instance}/restart?${rest}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${rest}`,
    resumePostUri: `${instance}/resume?reason={text}&${rest}`,
  };
}

/**
 * What a `durableClient` binding brings a function: where its client reaches this host.
 * @param rpc address on which no key is asked for: on loopback, and not the one that the world sees
 */
export function clientInput(webhook: WebhookAddress, rpc: string): string {
  const base = `${webhook.origin}${webhookPath}`;
  const create = `${base}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: webhook.hub,
    creationUrls: {
      createNewInstancePostUri: `${create}?code=${webhook.code}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=${webhook.code}`,
    },
    managementUrls: managementUrls(webhook),
    baseUrl: base,
    requiredQueryStringParameters: `code=${webhook.code}`,
    rpcBaseUrl: rpc,
  });
}
