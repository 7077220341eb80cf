import { WardlineError } from '../../errors.ts';

/** A search decrypts no more than this. */
export const candidatesAtMost = 1000;
/** Resources that a step of a chain may find, and values that a ValueSet may have. */
export const linkedAtMost = 300;

/** @returns the error that says what to add to a search that would decrypt too much */
export const tooCostly = (type: string): WardlineError =>
  new WardlineError(
    'too-costly',
    `The search would have to open more than ${candidatesAtMost} resources: name a patient, a code or a shorter time.`,
    { expression: type },
  );

/** @returns the error that says what to change of a step that finds too much to go on with */
export const tooManyLinked = (p: string): WardlineError =>
  new WardlineError(
    'too-costly',
    `More than ${linkedAtMost} resources answer this step: ask more of them, or name a patient in the search itself.`,
    { expression: p },
  );
