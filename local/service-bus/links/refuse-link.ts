import type { RheaLink } from '../amqp/rhea.ts';
import type { AmqpError } from '../errors.ts';

/** An attach without terminus, then a detach with the error: how AMQP says no (AMQP 1.0, 2.6.3). */
export function refuseLink(link: RheaLink, error: AmqpError): void {
  link.local.attach[link.is_receiver() ? 'target' : 'source'] = null;
  link.close(error);
}
