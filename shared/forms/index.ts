export { createForms } from './create-forms.ts';
export type { FormStatus, Forms } from './forms.ts';
export { news2Code, partsExtension } from './news2-resources.ts';
