/** The parts of a FHIR Questionnaire that this page shows (http://hl7.org/fhir/R4/questionnaire.html). */
export interface Questionnaire {
  readonly url?: string;
  readonly version?: string;
  readonly title?: string;
  readonly description?: string;
  readonly item?: readonly Item[];
}

export interface Item {
  readonly linkId: string;
  readonly text?: string;
  readonly type: string;
  readonly required?: boolean;
  readonly answerOption?: readonly Option[];
  readonly item?: readonly Item[];
  readonly extension?: readonly {
    readonly url: string;
    readonly valueString?: string;
    readonly valueCoding?: { readonly code?: string };
  }[];
}

export interface Option {
  readonly valueCoding?: { readonly system?: string; readonly code?: string; readonly display?: string };
  readonly valueInteger?: number;
  readonly valueString?: string;
}

/** One answer as FHIR writes it. */
export type Answer = Readonly<Record<string, unknown>>;

/** Every question, groups opened, in order. */
export const questions = (items: readonly Item[] = []): Item[] =>
  items.flatMap((item) => (item.type === 'group' ? questions(item.item) : item.type === 'display' ? [] : [item]));

export const optionKey = (option: Option): string =>
  option.valueCoding?.code ?? option.valueString ?? String(option.valueInteger);

export const optionLabel = (option: Option): string =>
  option.valueCoding?.display ?? option.valueString ?? String(option.valueInteger);

/**
 * The FHIR answer that a typed text stands for; undefined when nothing was typed.
 * @throws Error with words for the person when the text is no such value.
 */
export function toAnswer(item: Item, text: string): Answer | undefined {
  const typed = text.trim();
  if (typed === '') return undefined;
  const chosen = item.answerOption?.find((option) => optionKey(option) === typed);
  if (chosen !== undefined) return { ...chosen };
  switch (item.type) {
    case 'integer':
      if (!/^-?\d+$/.test(typed)) throw new Error('Enter a whole number');
      return { valueInteger: Number(typed) };
    case 'decimal':
    case 'quantity':
      if (!/^-?\d+([.,]\d+)?$/.test(typed)) throw new Error('Enter a number, such as 37.2');
      return { valueDecimal: Number(typed.replace(',', '.')) };
    case 'boolean':
      return { valueBoolean: typed === 'true' };
    case 'dateTime':
      if (Number.isNaN(Date.parse(typed))) throw new Error('Enter a date and time');
      return { valueDateTime: new Date(typed).toISOString() };
    default:
      return { valueString: typed };
  }
}
