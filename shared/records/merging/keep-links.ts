import { WardlineError } from '../../errors.ts';
import type { FhirResource } from '../../fhir/index.ts';
import type { HeadContent } from '../documents.ts';
import { isMerged } from './merged.ts';
import { mergeLinks } from './merged-patients.ts';

/**
 * A Patient who is part of a merge keeps the links that say so, whatever else changes.
 * @param after undefined: it is deleted @throws WardlineError `business-rule`
 */
export function keepLinks(head: HeadContent, before: FhirResource, after: FhirResource | undefined): void {
  if (!isMerged(head)) return;
  if (after !== undefined && mergeLinks(before).join() === mergeLinks(after).join()) return;
  throw new WardlineError(
    'business-rule',
    after === undefined
      ? 'The patient is merged with another: undo that by $unmerge before it is deleted.'
      : 'Links of type replaced-by and replaces are made by $merge and taken away by $unmerge.',
    { expression: 'Patient.link' },
  );
}
