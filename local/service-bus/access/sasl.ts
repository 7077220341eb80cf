import { sameText } from '../../same-text.ts';
import type { RheaConnection, SaslMechanism } from '../amqp/rhea.ts';
import { keyName } from './sas.ts';

/**
 * SASL mechanisms: clients that bring tokens later (`$cbs`) come in anonymously; PLAIN with key name and key opens the
 * whole connection at once (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide).
 */
export function saslMechanisms(key: string): Record<string, () => SaslMechanism> {
  const open = (): SaslMechanism => ({
    outcome: undefined,
    start() {
      this.outcome = true;
    },
  });
  const plain = (): SaslMechanism => ({
    outcome: undefined,
    start(response = new Uint8Array()) {
      const [, user, password = ''] = Buffer.from(response).toString().split('\0');
      this.outcome = user === keyName && sameText(password, key);
      this.authorizes = this.outcome;
    },
  });
  return { MSSBCBS: open, ANONYMOUS: open, EXTERNAL: open, PLAIN: plain };
}

/** Whether the connection came with the key itself. */
export const cameWithKey = ({ sasl_transport: sasl }: RheaConnection): boolean =>
  (sasl?.selected?.mechanism ?? sasl?.mechanism)?.authorizes === true;
