import type { Problem } from '../../errors.ts';
import type { FhirResource } from '../resource.ts';
import { checkProfile } from './check-profile.ts';
import { problem } from './problem.ts';
import { profileOf } from './profiles.ts';
import type { Scope } from './walk.ts';

/**
 * What a resource breaks of the profiles that it declares in `meta.profile`, and of those that are required of its type.
 * A profile that is not known here is accepted as a claim that cannot be checked.
 */
export function* checkDeclaredProfiles(scope: Scope, path: string, required: readonly string[]): Generator<Problem> {
  const { resource } = scope;
  const declared = declaredBy(resource);
  for (const url of new Set([...declared, ...required])) {
    const row = profileOf(url);
    if (row === undefined) continue;
    if (row.type === resource.resourceType) yield* checkProfile(row.root, resource, path, scope);
    else
      yield problem(
        `${path}.meta.profile[${declared.indexOf(url)}]`,
        `This is a profile of ${row.type}: leave it out.`,
      );
  }
}

function declaredBy({ meta }: FhirResource): unknown[] {
  const profiles: unknown = meta?.profile;
  return Array.isArray(profiles) ? profiles : [];
}
