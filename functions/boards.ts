import { readRecordsChanged, viewingSessionId } from '../shared/boards/index.ts';
import type { Route } from '../shared/http.ts';
import { recordChanges } from '../shared/topology.ts';
import type { App } from './app.ts';
import type { Trigger } from './trigger.ts';

/** Ward boards. */
export function boardRoutes({ boards }: Pick<App, 'boards'>): Route[] {
  return [
    {
      name: 'readBoard',
      method: 'GET',
      route: 'boards/{ward}',
      policy: 'board:read',
      errors: 'problem',
      async handler({ call, params, headers }) {
        const ward = params['ward'] ?? '';
        const { board, etag, patients } = await boards.read(call, ward, headers.get('if-none-match'));
        const disclosed = {
          subtype: 'board-view',
          action: 'R' as const,
          entryId: viewingSessionId(call, ward, patients),
          patients,
          entities: [{ type: 'Location', id: ward }],
        };
        return board === undefined
          ? { status: 304, headers: { etag }, disclosed }
          : { status: 200, json: board, headers: { etag }, disclosed };
      },
    },
    {
      name: 'connectBoard',
      method: 'POST',
      route: 'boards/{ward}/connect',
      policy: 'board:read',
      errors: 'problem',
      async handler({ call, params }) {
        const ward = params['ward'] ?? '';
        const disclosed = {
          subtype: 'board-connect',
          action: 'E' as const,
          entities: [{ type: 'Location', id: ward }],
        };
        return { status: 200, json: await boards.connect(call, ward), disclosed };
      },
    },
  ];
}

export const boardTriggers = ({ boards }: Pick<App, 'boards'>): Trigger[] => [
  {
    kind: 'subscription',
    name: 'projectBoards',
    topic: recordChanges.topic,
    subscription: recordChanges.subscriptions.boards,
    sessions: true,
    async handler(messages) {
      for (const { body, deliveryCount } of messages) await boards.project(readRecordsChanged(body), deliveryCount > 1);
    },
  },
];
