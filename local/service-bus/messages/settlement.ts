import { type EncodedMap, encodeText } from '../amqp/encoded.ts';

/** How a receiver settles a message. Properties are application properties to add. */
export type Settlement =
  | { readonly kind: 'complete' }
  | { readonly kind: 'release' }
  | { readonly kind: 'abandon' | 'defer'; readonly properties: EncodedMap }
  | { readonly kind: 'dead-letter'; readonly properties: EncodedMap };

/** The application properties by which a dead letter says why it is one. */
export const because = (reason: string | undefined, description: string | undefined): EncodedMap =>
  new Map([
    ...(reason === undefined ? [] : [['DeadLetterReason', encodeText(reason)] as const]),
    ...(description === undefined ? [] : [['DeadLetterErrorDescription', encodeText(description)] as const]),
  ]);
