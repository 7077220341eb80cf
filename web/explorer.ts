import { send } from './api.ts';
import { byId, element } from './element.ts';
import { type Operation, operationsIn, requestOf } from './explorer-model.ts';
import { showUser } from './frame.ts';
import { currentSession, signIn } from './sign-in.ts';

const operations = operationsIn(await (await fetch('/openapi.json')).json());
const choice = element('select', { id: 'operation' });
for (const { id, method, path, summary } of operations)
  choice.append(element('option', { value: id }, `${method} ${path} (${summary})`));
const fields = element('fieldset');
const status = element('p', { id: 'status', role: 'status' });
const answer = element('pre', { id: 'answer', tabindex: '0', role: 'region', 'aria-label': 'Answer' });
const form = element(
  'form',
  {},
  element('label', { for: 'operation' }, 'What to ask'),
  choice,
  fields,
  element('button', { type: 'submit', class: 'primary' }, 'Send'),
);

const chosen = (): Operation => {
  const found = operations.find(({ id }) => id === choice.value) ?? operations[0];
  if (found === undefined) throw new Error('The description names no operation.');
  return found;
};

/** Fields for what the operation takes. */
function showFields(): void {
  const { parameters, body, whoMay } = chosen();
  fields.replaceChildren(
    element('legend', {}, 'Values'),
    element('p', {}, whoMay),
    ...parameters.map(({ name, description, required }) => {
      const input = element('input', { name, autocomplete: 'off', ...(required ? { required: '' } : {}) });
      return element(
        'label',
        {},
        name,
        ...(description === undefined ? [] : [element('small', {}, description)]),
        input,
      );
    }),
    ...(body === undefined
      ? []
      : [
          element(
            'label',
            {},
            `Body (${body})`,
            element('textarea', { name: 'body', rows: '10', spellcheck: 'false' }),
          ),
        ]),
  );
}

async function ask(): Promise<void> {
  const values = new Map(
    [...fields.querySelectorAll('input')].map((input): [string, string] => [input.name, input.value.trim()]),
  );
  const { path, init } = requestOf(chosen(), values, fields.querySelector('textarea')?.value ?? '');
  status.textContent = `${init.method} ${path} …`;
  answer.textContent = '';
  try {
    const response = await send(path, init);
    const text = await response.text();
    const json = /json(;|$)/.test(response.headers.get('content-type') ?? '') && text !== '';
    status.textContent = `${init.method} ${path}: ${response.status} ${response.statusText}`;
    answer.textContent = json ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch (error) {
    status.textContent = `${init.method} ${path} was not answered: ${error instanceof Error ? error.message : error}`;
  }
}

choice.addEventListener('change', showFields);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void ask();
});
const start = element('button', { type: 'button', class: 'primary' }, 'Sign in');
start.addEventListener('click', () => void signIn());
byId('main').replaceChildren(
  element('h1', {}, 'API explorer'),
  element('p', {}, 'Asks as whoever is signed in, and leaves its audit entries like any other client. '),
  element(
    'p',
    {},
    element('a', { href: '/openapi.json' }, 'OpenAPI description'),
    ' · ',
    element('a', { href: '/fhir/metadata' }, 'FHIR CapabilityStatement'),
  ),
  ...(currentSession() === undefined ? [start] : []),
  form,
  status,
  answer,
);
showFields();
showUser();
