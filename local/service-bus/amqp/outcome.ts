import { because, type Settlement } from '../messages/settlement.ts';
import type { EncodedMap } from './encoded.ts';
import { encodeTyped, type RheaDelivery, type Typed } from './rhea.ts';

/** A map as rhea reads it, its values encoded again with the types they had. */
function encoded(typed: Typed | undefined): EncodedMap {
  const items = Array.isArray(typed?.value) ? (typed.value as readonly Typed[]) : [];
  const map: EncodedMap = new Map();
  for (let i = 0; i + 1 < items.length; i += 2) map.set(String(items[i]?.value), encodeTyped(items[i + 1]));
  return map;
}

/** `modified` as a settlement: abandon, or defer when it is not to be delivered here (AMQP 1.0, 3.4.5). */
export function modification({ remote_state: state }: RheaDelivery): Settlement {
  const annotations = state?.message_annotations === undefined ? undefined : (state.value?.[2] as Typed | undefined);
  return { kind: state?.undeliverable_here === true ? 'defer' : 'abandon', properties: encoded(annotations) };
}

/** `rejected` as a settlement: the error's map holds the reason, the description and properties to add. */
export function rejection({ remote_state: state }: RheaDelivery): Settlement {
  const error = state?.value?.[0]?.value;
  const properties = encoded(Array.isArray(error) ? (error[2] as Typed | undefined) : undefined);
  if (properties.size > 0 || !Array.isArray(error)) return { kind: 'dead-letter', properties };
  // Another client's plain AMQP error: its condition and description say why.
  const text = (index: number): string | undefined => {
    const value: unknown = (error[index] as Typed | undefined)?.value;
    return typeof value === 'string' && value !== 'com.microsoft:dead-letter' ? value : undefined;
  };
  return { kind: 'dead-letter', properties: because(text(0), text(1)) };
}
