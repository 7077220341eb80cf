import type { RecordsChanged } from '../shared/boards/index.ts';
import type { Route } from '../shared/http.ts';
import { recordChanges } from '../shared/topology.ts';
import type { App } from './app.ts';
import type { Trigger } from './trigger.ts';

/** Ward boards. */
export function boardRoutes({ boards }: App): Route[] {
  const problem = { errors: 'problem' } as const;
  return [
    {
      ...problem,
      name: 'readBoard',
      method: 'GET',
      route: 'boards/{ward}',
      policy: 'board:read',
      async handler({ call, params, headers }) {
        const ward = params['ward'] ?? '';
        const read = await boards.read(call, ward, headers.get('if-none-match'));
        const session = {
          subtype: 'board-view',
          action: 'R' as const,
          entryId: boards.sessionEntryId(call, ward),
          entities: [{ type: 'Location', id: ward }],
        };
        if (read === 'unchanged')
          return { status: 304, headers: { etag: headers.get('if-none-match') ?? '' }, disclosed: session };
        return {
          status: 200,
          json: read.board,
          headers: { etag: `"${read.board.version}"` },
          disclosed: { ...session, patients: read.patients },
        };
      },
    },
    {
      ...problem,
      name: 'connectBoard',
      method: 'POST',
      route: 'boards/{ward}/connect',
      policy: 'board:read',
      async handler({ call, params }) {
        const ward = params['ward'] ?? '';
        return {
          status: 200,
          json: await boards.connect(call, ward),
          disclosed: { subtype: 'board-connect', action: 'E', entities: [{ type: 'Location', id: ward }] },
        };
      },
    },
  ];
}

export const boardTriggers = ({ boards }: App): Trigger[] => [
  {
    kind: 'subscription',
    name: 'projectBoards',
    topic: recordChanges.topic,
    subscription: recordChanges.subscriptions.boards,
    sessions: true,
    async handler(messages) {
      for (const { body } of messages) await boards.project(body as RecordsChanged);
    },
  },
];
