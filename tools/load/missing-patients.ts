import type { Loadable } from './fhir-files.ts';

const patientReference = /^Patient\/([A-Za-z0-9\-.]{1,64})$/;

/** Ids of patients that the files name and do not hold. Whoever names a patient cannot be stored without her. */
export function missingPatients(loadables: readonly Loadable[]): string[] {
  const held = new Set<string>();
  const named = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, child] of Object.entries(value)) {
      const id = name === 'reference' && typeof child === 'string' ? patientReference.exec(child)?.[1] : undefined;
      if (id === undefined) visit(child);
      else named.add(id);
    }
  };
  for (const { resource } of loadables) {
    if (resource.resourceType === 'Patient' && resource.id !== undefined) held.add(resource.id);
    visit(resource);
  }
  return [...named].filter((id) => !held.has(id)).sort();
}
