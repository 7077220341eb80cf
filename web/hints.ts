import { call } from './api.ts';

/** How to listen (`POST /boards/{ward}/connect`). */
interface Connection {
  readonly url: string;
  readonly protocol: string;
  readonly group: string;
}

const retryAfter = 3_000;

/**
 * Listens for hints that the ward changed, for ever: a lost connection is opened again with a fresh token. A hint holds
 * no patient data; the board then reads. A hint that is lost costs nothing, because the board also reads every 30 s.
 * @param changed called at each hint. @param state called when listening begins and ends.
 */
export async function listen(ward: string, changed: () => void, state: (live: boolean) => void): Promise<never> {
  for (;;) {
    try {
      const connection: Connection = await (await call(`/boards/${ward}/connect`, { method: 'POST' })).json();
      await listenOnce(connection, changed, state);
    } catch {
      // The board says for itself that it cannot reach the server; here only the next attempt matters.
    }
    state(false);
    await new Promise((resolve) => setTimeout(resolve, retryAfter));
  }
}

function listenOnce(connection: Connection, changed: () => void, state: (live: boolean) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(connection.url, connection.protocol);
    socket.addEventListener('open', () =>
      socket.send(JSON.stringify({ type: 'joinGroup', group: connection.group, ackId: 1 })),
    );
    socket.addEventListener('close', () => resolve());
    socket.addEventListener('message', ({ data }) => {
      const message: { type?: string; ackId?: number; success?: boolean } = JSON.parse(data);
      if (message.type === 'message') changed();
      if (message.type === 'ack' && message.ackId === 1 && message.success === true) {
        state(true);
        // What happened between the last reading and this moment had no hint.
        changed();
      }
    });
  });
}
