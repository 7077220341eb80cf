import { WardlineError } from '../../errors.ts';
import type { HeadContent, MergedFrom, MergedInto } from '../documents.ts';

/** What a change of a Patient does to the head beside, when patients are merged or a merge is undone. */
export type HeadMerge =
  /** This one gives way to another. */
  | { readonly kind: 'into'; readonly into: MergedInto }
  /** This one takes another in. */
  | { readonly kind: 'takes'; readonly from: MergedFrom }
  /** This one stands for itself again. */
  | { readonly kind: 'restored'; readonly from: string }
  /** This one gives another back. */
  | { readonly kind: 'gives'; readonly back: string };

/** Whether a patient is one of several who were merged. */
export const isMerged = ({ mergedInto, mergedFrom }: Pick<HeadContent, 'mergedInto' | 'mergedFrom'>): boolean =>
  mergedInto !== undefined || mergedFrom !== undefined;

const conflict = (detail: string): WardlineError => new WardlineError('conflict', detail);

/**
 * The head after a merge, or after one was undone. Decided where the head is written, so that of two merges at once the second
 * sees the first.
 * @throws WardlineError `conflict`
 */
export function withMerge(head: HeadContent, merge: HeadMerge): HeadContent {
  const { mergedInto, mergedFrom = [] } = head;
  switch (merge.kind) {
    case 'into':
      if (mergedInto !== undefined) throw conflict('The source is merged into another patient: unmerge it first.');
      return { ...head, mergedInto: merge.into };
    case 'takes':
      if (mergedInto !== undefined)
        throw conflict('The target is merged into another patient itself: merge into the one who survives.');
      return { ...head, mergedFrom: [...mergedFrom, merge.from] };
    case 'restored': {
      if (mergedInto?.token !== merge.from) throw conflict('The patient is not merged, or into another one by now.');
      const { mergedInto: _, ...rest } = head;
      return rest;
    }
    case 'gives': {
      const left = mergedFrom.filter(({ token }) => token !== merge.back);
      if (left.length === mergedFrom.length) throw conflict('The patient is not merged, or into another one by now.');
      const { mergedFrom: _, ...rest } = head;
      return left.length === 0 ? rest : { ...rest, mergedFrom: left };
    }
  }
}
