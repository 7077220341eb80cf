import { frames, message, type RheaDelivery, type RheaLink, type RheaSession } from './rhea.ts';

/** The one state of an accepted delivery: being one object, it can be told from every other outcome. */
export const accepted = message.accepted().described();

/** Bytes of a delivery that is not complete, from which on its link is closed. */
export const mostIncomplete = 4 * 1024 * 1024;

/**
 * Puts right what rhea 3.0.5 gets wrong in a server's sessions: it merges two different outcomes of one turn into one
 * frame, so that a refused message would be reported as stored (`write_dispositions` never compares the second); it
 * knows links by their name only, though a sender and a receiver may share one (AMQP 1.0, 2.6.1); and it collects a
 * message without end.
 * @param tooLarge called with the link on which a message grows beyond {@link mostIncomplete}
 */
export function steerSession(session: RheaSession, tooLarge: (link: RheaLink) => void): void {
  writeOutcomesApart(session);
  nameLinksByRole(session);
  boundMessages(session, tooLarge);
}

function writeOutcomesApart(session: RheaSession): void {
  const { incoming, outgoing } = session;
  const settleIncoming = incoming.process;
  incoming.process = function process(of) {
    writeRanges(session, this.updated, true);
    this.updated = [];
    settleIncoming.call(this, of);
  };
  const settleOutgoing = outgoing.process;
  outgoing.process = function process() {
    writeRanges(session, this.pending_dispositions, false);
    this.pending_dispositions = [];
    settleOutgoing.call(this);
  };
}

/** One frame for neighbours that were accepted alike; one each for all others. */
function writeRanges(session: RheaSession, deliveries: readonly RheaDelivery[], role: boolean): void {
  for (let start = 0; start < deliveries.length; ) {
    const first = deliveries[start];
    if (first === undefined) return;
    let end = start + 1;
    const { state, settled } = first;
    while (
      state === accepted &&
      deliveries[end]?.state === accepted &&
      deliveries[end]?.settled === settled &&
      deliveries[end]?.id === first.id + (end - start)
    )
      end++;
    session.output(frames.disposition({ role, first: first.id, last: first.id + (end - start - 1), state, settled }));
    start = end;
  }
}

function nameLinksByRole(session: RheaSession): void {
  const key = (name: string, isReceiver: boolean): string => `${isReceiver ? 'to' : 'from'} ${name}`;
  session.on_attach = function onAttach(frame) {
    const { name, role, handle } = frame.performative;
    let link = this.links[key(name, role)];
    if (link === undefined) {
      link = role ? this.create_sender(name) : this.create_receiver(name);
      delete this.links[name];
      this.links[key(name, role)] = link;
    }
    this.remote.handles[handle] = link;
    link.on_attach(frame);
    link.remote.attach = frame.performative;
  };
  session.remove_link = function removeLink(link) {
    delete this.remote.handles[link.remote.handle];
    delete this.local.handles[link.local.handle];
    delete this.links[key(link.name, link.is_sender())];
  };
}

function boundMessages(session: RheaSession, tooLarge: (link: RheaLink) => void): void {
  const sizes = new Map<number, number>();
  const transfer = session.on_transfer;
  session.on_transfer = function onTransfer(frame) {
    const { handle } = frame.performative;
    const link = this.remote.handles[handle];
    const size = (link?._incomplete === undefined ? 0 : (sizes.get(handle) ?? 0)) + (frame.payload?.length ?? 0);
    sizes.set(handle, size);
    if (link === undefined || size <= mostIncomplete) transfer.call(this, frame);
    else if (link.is_open()) tooLarge(link);
  };
}
