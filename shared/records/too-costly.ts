import { WardlineError } from '../errors.ts';

/** A search decrypts no more than this. */
export const candidatesAtMost = 1000;

/** @returns the error that says what to add to a search that would decrypt too much */
export const tooCostly = (type: string): WardlineError =>
  new WardlineError(
    'too-costly',
    `The search would have to open more than ${candidatesAtMost} resources: name a patient, a code or a shorter time.`,
    { expression: type },
  );
