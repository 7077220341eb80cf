import generated from '../generated/profiles.json' with { type: 'json' };
import type { ProfileRow } from './definition-rows.ts';

const rows = generated.profiles as unknown as Readonly<Record<string, ProfileRow | undefined>>;

/** A profile or the definition of an extension by its URL, with or without version; undefined: it is not known here. */
export function profileOf(url: unknown): ProfileRow | undefined {
  if (typeof url !== 'string') return undefined;
  const plain = url.split('|')[0] ?? url;
  return Object.hasOwn(rows, plain) ? rows[plain] : undefined;
}
