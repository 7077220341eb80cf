import { idFromMessage } from '../records/index.ts';

/**
 * Id of what a form is filed as, fixed by the form's id: 0 is the QuestionnaireResponse (or the Task that rejects it),
 * its Observations follow. A second delivery makes the same ids and is recognised.
 */
export const filedId = (patient: string, form: string, ordinal: number): string =>
  `${patient}.${idFromMessage(form, ordinal)}`;
