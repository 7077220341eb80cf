import type { RheaLink } from '../amqp/rhea.ts';

/** Standard tier, bytes: of a message, and of a batch. */
export const maximumMessage = 256 * 1024;

/** Answers an attach with what it asked for: the settle modes, the termini, and how large a message may be. */
export function answerAttach(link: RheaLink): void {
  Object.assign(link.local.attach, {
    snd_settle_mode: link.snd_settle_mode,
    rcv_settle_mode: link.rcv_settle_mode,
    max_message_size: maximumMessage,
  });
  const { source, target } = link;
  const filter = source?.filter;
  if (target !== undefined || link.is_receiver()) link.set_target({ address: target?.address });
  if (source !== undefined || link.is_sender())
    link.set_source({
      address: source?.address,
      filter: filter && Object.keys(filter).length > 0 ? filter : undefined,
    });
}
