import type { Form, Question } from './news2-questionnaire.ts';

/** Which answer is wrong, and why, in words for the person who gave it. */
export interface AnswerProblem {
  readonly linkId: string;
  readonly reason: string;
}

export type AnswerValue = string | number | boolean;

/** A QuestionnaireResponse as it comes in; what is inside is not trusted yet. */
export interface ResponseLike {
  readonly item?: readonly {
    readonly linkId?: unknown;
    readonly answer?: readonly Readonly<Record<string, unknown>>[];
  }[];
}

/** Checks answers against their form. @returns the values by linkId, or everything that is wrong with them. */
export function readAnswers(
  form: Form,
  response: ResponseLike,
): { values: ReadonlyMap<string, AnswerValue>; problems: readonly AnswerProblem[] } {
  const values = new Map<string, AnswerValue>();
  const problems: AnswerProblem[] = [];
  const given = new Map<string, readonly Readonly<Record<string, unknown>>[]>();
  for (const { linkId, answer = [] } of Array.isArray(response.item) ? response.item : []) {
    const id = String(linkId);
    if (!form.questions.some((question) => question.linkId === id))
      problems.push({ linkId: id, reason: 'The form has no such question.' });
    else if (given.has(id)) problems.push({ linkId: id, reason: 'The question is answered twice.' });
    else given.set(id, Array.isArray(answer) ? answer : []);
  }
  for (const question of form.questions) {
    const answers = given.get(question.linkId) ?? [];
    const [answer] = answers;
    if (answers.length > 1) problems.push({ linkId: question.linkId, reason: 'Give one answer only.' });
    else if (answer === undefined) {
      if (question.required) problems.push({ linkId: question.linkId, reason: 'An answer is needed.' });
    } else {
      const value = readValue(question, answer);
      if (typeof value === 'object') problems.push({ linkId: question.linkId, reason: value.reason });
      else values.set(question.linkId, value);
    }
  }
  return { values, problems };
}

function readValue(
  question: Question,
  answer: Readonly<Record<string, unknown>>,
): AnswerValue | { readonly reason: string } {
  switch (question.type) {
    case 'integer':
    case 'decimal': {
      const value = answer['valueInteger'] ?? answer['valueDecimal'];
      if (typeof value !== 'number' || !Number.isFinite(value)) return { reason: 'The answer must be a number.' };
      if (question.type === 'integer' && !Number.isInteger(value))
        return { reason: 'The answer must be a whole number.' };
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = question;
      return value < minimum || value > maximum
        ? { reason: `The answer must lie between ${minimum} and ${maximum}.` }
        : value;
    }
    case 'boolean':
      return typeof answer['valueBoolean'] === 'boolean'
        ? answer['valueBoolean']
        : { reason: 'The answer must be yes or no.' };
    case 'choice': {
      const coding = answer['valueCoding'];
      const code = typeof coding === 'object' && coding !== null ? Reflect.get(coding, 'code') : answer['valueString'];
      const options = question.options?.map((option) => option.code) ?? [];
      return typeof code === 'string' && options.includes(code)
        ? code
        : { reason: `Choose one of ${options.join(', ')}.` };
    }
    case 'dateTime': {
      const value = answer['valueDateTime'];
      const valid =
        typeof value === 'string' &&
        /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(value) &&
        !Number.isNaN(Date.parse(value));
      return valid ? value : { reason: 'The answer must be a date and time with seconds and zone.' };
    }
  }
}
