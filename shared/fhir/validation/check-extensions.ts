import type { Problem } from '../../errors.ts';
import { checkProfile } from './check-profile.ts';
import { problem } from './problem.ts';
import { profileOf } from './profiles.ts';
import type { ObjectPlace } from './walk.ts';

/**
 * The extensions of an object that are of a known definition: that they may stand there, and what they hold
 * (http://hl7.org/fhir/R4/extensibility.html). Unknown ones may stand anywhere.
 */
export function* checkExtensions(place: ObjectPlace): Generator<Problem> {
  for (const name of ['extension', 'modifierExtension']) {
    const extensions: unknown = Reflect.get(place.value, name);
    if (!Array.isArray(extensions)) continue;
    for (const [index, extension] of extensions.entries()) {
      const row = profileOf(extension?.url);
      if (row?.type !== 'Extension') continue;
      const path = `${place.path}.${name}[${index}]`;
      if (row.contexts !== undefined && !row.contexts.some((context) => isIn(context, place)))
        yield problem(path, `This extension belongs to ${row.contexts.join(', ')}.`);
      yield* checkProfile(row.root, extension, path, place.scope);
    }
  }
}

/** Whether a context names the object: by its element, its type or what that is derived from. */
const isIn = (context: string, { type, property }: ObjectPlace): boolean =>
  context === 'Element' ||
  context === property?.at ||
  context === property?.type ||
  context === type.name ||
  type.bases.includes(context);
