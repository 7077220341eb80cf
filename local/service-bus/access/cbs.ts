import { type RheaConnection, types } from '../amqp/rhea.ts';
import type { Responder } from '../links/request-links.ts';
import type { TokenCheck } from './check-token.ts';
import type { Grants } from './grants.ts';

/**
 * Claims-based security: clients put a token for each entity they use
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide#claims-based-authorization).
 */
export function claimsBasedSecurity(check: TokenCheck, grantsOf: (connection: RheaConnection) => Grants): Responder {
  return async ({ message_id, application_properties: asked = {}, body }, _bytes, connection) => {
    const checked =
      asked['operation'] === 'put-token' && typeof body === 'string'
        ? await check(body, String(asked['name'] ?? ''))
        : { refusal: 'The request is no put-token with a token as its body.' };
    const refusal = 'refusal' in checked ? checked.refusal : undefined;
    if (!('refusal' in checked)) grantsOf(connection).allow(checked.path, checked.until);
    return {
      correlation_id: message_id,
      application_properties: {
        'status-code': types.wrap_int(refusal === undefined ? 202 : 401),
        'status-description': refusal ?? 'Accepted',
      },
      body: null,
    };
  };
}
