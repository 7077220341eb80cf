import { fileForm } from './file-form.ts';
import type { FormDependencies } from './form-dependencies.ts';
import { formStatus } from './form-status.ts';
import type { Forms } from './forms.ts';
import { questionnaireOf } from './news2-questionnaire.ts';
import { formNamed, publishedForms } from './published-forms.ts';
import { submitForm } from './submit-form.ts';

export const createForms = (deps: FormDependencies): Forms => ({
  list: () => [...publishedForms.values()].map(({ name, title, version, url }) => ({ name, title, version, url })),
  definition: (name) => questionnaireOf(formNamed(name)),
  submit: (call, form, response, idempotencyKey) => submitForm(deps, call, form, response, idempotencyKey),
  status: (call, form, receipt) => formStatus(deps, call, form, receipt),
  process: (message) => fileForm(deps, message),
});
