import { element } from './element.ts';
import { type Item, optionKey, optionLabel } from './form-model.ts';

/** The id of a question's first input, for labels and for links of the error summary. */
export const inputId = (linkId: string): string => `q-${linkId}`;

/** A question as NHS forms show them: label, then the error if there is one, then the input. */
export function field(item: Item): HTMLElement {
  const id = inputId(item.linkId);
  const words = item.text ?? item.linkId;
  const error = element('p', { class: 'error', id: `${id}-error`, hidden: '' });
  const options =
    item.type === 'boolean'
      ? [
          ['true', 'Yes'],
          ['false', 'No'],
        ]
      : item.answerOption?.map((option) => [optionKey(option), optionLabel(option)]);
  if (options !== undefined) {
    return element(
      'fieldset',
      { class: 'question', 'data-link-id': item.linkId, 'aria-describedby': `${id}-error` },
      element('legend', {}, words),
      error,
      ...options.map(([value = '', label = ''], index) =>
        element(
          'label',
          { class: 'choice' },
          element('input', { type: 'radio', name: item.linkId, value, ...(index === 0 ? { id } : {}) }),
          label,
        ),
      ),
    );
  }
  const input = element('input', {
    id,
    name: item.linkId,
    autocomplete: 'off',
    'aria-describedby': `${id}-error`,
    type: item.type === 'dateTime' ? 'datetime-local' : 'text',
    inputmode: item.type === 'integer' ? 'numeric' : item.type === 'decimal' ? 'decimal' : undefined,
    class: item.type === 'integer' || item.type === 'decimal' ? 'number' : undefined,
  });
  if (item.type === 'dateTime') input.value = localNow();
  return element(
    'div',
    { class: 'question', 'data-link-id': item.linkId },
    element('label', { for: id }, words),
    error,
    input,
  );
}

/** This moment as `datetime-local` wants it, in the ward's own time. */
function localNow(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
