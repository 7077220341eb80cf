import { call } from './api.ts';
import { byId, element } from './element.ts';
import { showUser } from './frame.ts';
import { patientBanner } from './patient-banner.ts';
import { dateInWords, kinds, type Line, type TimelinePage, timelineAddress } from './timeline-model.ts';

const patient = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const kind = element('select', { id: 'kind', name: 'kind' }, element('option', { value: '' }, 'Everything'));
for (const [name, words] of Object.entries(kinds)) kind.append(element('option', { value: name }, words));
const from = element('input', { type: 'date', name: 'from' });
const to = element('input', { type: 'date', name: 'to' });
const withdrawn = element('input', { type: 'checkbox', name: 'withdrawn' });
const lines = element('ol', { class: 'timeline' });
const status = element('p', { role: 'status' });
const older = element('button', { type: 'button', hidden: '' }, 'Show older');
/** What is asked now: an answer to an earlier question is passed over. */
let asked = 0;
let next: string | undefined;

function lineOf({
  kind: name,
  date,
  dated,
  title,
  detail,
  status: state,
  enteredInError,
  reference,
  links,
}: Line): HTMLElement {
  const facts = [detail, state].filter((one) => one !== undefined && one !== '').join(' · ');
  return element(
    'li',
    { class: enteredInError ? 'withdrawn' : undefined, 'data-reference': reference },
    element(
      'div',
      {},
      element('time', { datetime: date }, dateInWords(date)),
      ...(dated === 'recorded' ? [element('div', { class: 'note' }, 'when recorded')] : []),
    ),
    element(
      'div',
      {},
      element('span', { class: 'kind' }, kinds[name] ?? name),
      element('div', { class: 'title' }, title),
      ...(enteredInError ? [element('div', { class: 'mark' }, 'Entered in error')] : []),
      ...(facts === '' ? [] : [element('div', {}, facts)]),
      ...(links.length === 0 ? [] : [element('div', { class: 'note' }, linksInWords(links))]),
    ),
  );
}

function linksInWords(links: Line['links']): string {
  const count = (rel: string) => links.filter((one) => one.rel === rel).length;
  return [
    ['report', 'report'],
    ['image', 'image'],
    ['document', 'document'],
  ]
    .flatMap(([rel = '', word]) => (count(rel) === 0 ? [] : [`${count(rel)} ${word}${count(rel) === 1 ? '' : 's'}`]))
    .join(', ');
}

async function show(address: string, fresh: boolean): Promise<void> {
  const question = ++asked;
  status.textContent = 'Reading …';
  try {
    const page: TimelinePage = await (await call(address)).json();
    if (question !== asked) return;
    if (fresh) lines.replaceChildren();
    lines.append(...page.entries.map(lineOf));
    next = page.next;
    older.hidden = next === undefined;
    const count = lines.children.length;
    status.textContent =
      count === 0 ? 'Nothing to show.' : `${count} shown${next === undefined ? ', all there is' : ''}.`;
  } catch (error) {
    if (question !== asked) return;
    // What was shown for another question must not be taken for the answer to this one.
    if (fresh) lines.replaceChildren();
    older.hidden = fresh || next === undefined;
    status.textContent = error instanceof Error ? error.message : String(error);
  }
}

const ask = (): Promise<void> =>
  show(
    timelineAddress(patient, { kind: kind.value, from: from.value, to: to.value, withdrawn: withdrawn.checked }),
    true,
  );

const filters = element(
  'form',
  { class: 'filters', 'aria-label': 'What to show' },
  element('div', { class: 'field' }, element('label', { for: 'kind' }, 'Show'), kind),
  element('label', {}, 'From', from),
  element('label', {}, 'To', to),
  element('label', { class: 'check' }, withdrawn, 'Also what was entered in error'),
);
filters.addEventListener('change', () => void ask());
filters.addEventListener('submit', (event) => event.preventDefault());
older.addEventListener('click', () => {
  if (next !== undefined) void show(next, false);
});
const whose = element('div');
byId('main').replaceChildren(element('h1', {}, 'Timeline'), whose, filters, status, lines, older);
showUser();
// Whose it is comes first: nobody should read a timeline without knowing.
whose.replaceChildren(await patientBanner(patient));
await ask();
showUser();
