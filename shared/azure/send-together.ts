/** What several callers hand over at the same time, sent as one. */
interface Waiting<Message> {
  readonly messages: readonly Message[];
  readonly sent: PromiseWithResolvers<void>;
}

/**
 * Lets callers share a way: while something is on its way, whatever comes meanwhile waits and then goes together, in
 * the order in which it came. One caller alone never waits; a hundred at once cost two trips rather than a hundred.
 * When a shared trip is refused for one of its messages, each caller's go alone, so that nobody is refused for another's;
 * those who send must therefore bear that a message which failed has been sent (ids fixed at the source make that harmless).
 * @param send resolves when all of the messages are stored
 * @param isOfMessage whether a failure is of a message; any other, such as a broker that is away, is everybody's
 */
export function sendTogether<Message>(
  send: (messages: readonly Message[]) => Promise<void>,
  isOfMessage: (error: unknown) => boolean,
): (messages: readonly Message[]) => Promise<void> {
  let waiting: Waiting<Message>[] = [];
  let isSending = false;

  const settle = ({ messages, sent }: Waiting<Message>): Promise<void> =>
    send(messages).then(sent.resolve, sent.reject);

  const run = async (): Promise<void> => {
    isSending = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      const [only, ...others] = group;
      if (only !== undefined && others.length === 0) {
        await settle(only);
        continue;
      }
      try {
        await send(group.flatMap(({ messages }) => messages));
        for (const { sent } of group) sent.resolve();
      } catch (error) {
        if (isOfMessage(error)) await Promise.all(group.map(settle));
        else for (const { sent } of group) sent.reject(error);
      }
    }
    isSending = false;
  };

  return (messages) => {
    const sent = Promise.withResolvers<void>();
    waiting.push({ messages, sent });
    if (!isSending) void run();
    return sent.promise;
  };
}
