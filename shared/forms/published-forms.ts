import { WardlineError } from '../errors.ts';
import { type Form, news2Form } from './news2-questionnaire.ts';

/** The forms that may be filled in, by name. */
export const publishedForms: ReadonlyMap<string, Form> = new Map([[news2Form.name, news2Form]]);

/** @throws WardlineError `not-found` that names the forms there are */
export function formNamed(name: string): Form {
  const form = publishedForms.get(name);
  if (form === undefined)
    throw new WardlineError('not-found', `There is no such form. There are: ${[...publishedForms.keys()].join(', ')}.`);
  return form;
}
