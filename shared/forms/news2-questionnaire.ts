import { orderSystem } from './order.ts';

/** One question, with what is possible at all; what is unlikely is still recorded. */
export interface Question {
  readonly linkId: string;
  readonly text: string;
  readonly type: 'integer' | 'decimal' | 'boolean' | 'choice' | 'dateTime';
  readonly required: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly options?: readonly { readonly code: string; readonly display: string }[];
}

/** A published form. */
export interface Form {
  readonly name: string;
  readonly url: string;
  readonly version: string;
  readonly title: string;
  readonly questions: readonly Question[];
}

/** Observations for the National Early Warning Score 2. A value may be missing, the moment and the scale may not. */
export const news2Form: Form = {
  name: 'news2',
  url: 'https://wardline.nhs.uk/Questionnaire/news2',
  version: '1.0.0',
  title: 'NEWS2 observations',
  questions: [
    {
      linkId: 'respirations',
      text: 'Respirations (breaths a minute)',
      type: 'integer',
      required: false,
      minimum: 0,
      maximum: 100,
    },
    { linkId: 'spo2', text: 'Oxygen saturation (%)', type: 'integer', required: false, minimum: 40, maximum: 100 },
    {
      linkId: 'spo2-scale',
      text: 'SpO2 scale (2 only where it is prescribed)',
      type: 'choice',
      required: true,
      options: [
        { code: '1', display: 'Scale 1' },
        { code: '2', display: 'Scale 2' },
      ],
    },
    { linkId: 'oxygen', text: 'On supplemental oxygen?', type: 'boolean', required: false },
    {
      linkId: 'systolic',
      text: 'Systolic blood pressure (mmHg)',
      type: 'integer',
      required: false,
      minimum: 20,
      maximum: 320,
    },
    { linkId: 'pulse', text: 'Pulse (beats a minute)', type: 'integer', required: false, minimum: 10, maximum: 320 },
    {
      linkId: 'consciousness',
      text: 'Consciousness',
      type: 'choice',
      required: false,
      options: [
        { code: 'A', display: 'Alert' },
        { code: 'C', display: 'New confusion' },
        { code: 'V', display: 'Voice' },
        { code: 'P', display: 'Pain' },
        { code: 'U', display: 'Unresponsive' },
      ],
    },
    { linkId: 'temperature', text: 'Temperature (°C)', type: 'decimal', required: false, minimum: 20, maximum: 46 },
    { linkId: 'observed-at', text: 'Observed at', type: 'dateTime', required: true },
  ],
};

/** The form as a FHIR Questionnaire. */
export const questionnaireOf = (form: Form): object => ({
  resourceType: 'Questionnaire',
  id: form.name,
  url: form.url,
  version: form.version,
  name: form.name,
  title: form.title,
  status: 'active',
  subjectType: ['Patient'],
  item: form.questions.map(({ linkId, text, type, required, options }) => ({
    linkId,
    text,
    type,
    required,
    ...(options === undefined
      ? {}
      : { answerOption: options.map((option) => ({ valueCoding: { system: `${orderSystem}/answer`, ...option } })) }),
  })),
});
