import { call, Refused } from './api.ts';
import type { Bed, Board } from './board-model.ts';
import { byId, element } from './element.ts';
import { field, inputId } from './form-field.ts';
import { type Answer, type Questionnaire, questions, toAnswer } from './form-model.ts';
import { showUser } from './frame.ts';

interface Problem {
  readonly linkId: string;
  readonly reason: string;
}
interface Status {
  readonly status: 'received' | 'filed' | 'rejected';
  readonly statusUrl?: string;
  readonly problems?: readonly Problem[];
}

const form = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const wanted = new URLSearchParams(location.hash.slice(1));
const ward = wanted.get('ward');

/** One key for one set of answers: pressing Send twice, or again after a lost connection, files one form. */
let idempotencyKey = crypto.randomUUID();

async function start(): Promise<void> {
  if (ward === null) {
    byId('main').replaceChildren(
      element('h1', {}, 'Choose a patient first'),
      element(
        'p',
        {},
        'Open a ward board and press “Record” beside a bed. ',
        element('a', { href: '/' }, 'Go to the wards'),
      ),
    );
    return;
  }
  const [definition, board]: [Questionnaire, Board] = await Promise.all([
    call(`/forms/${encodeURIComponent(form)}/definition`).then((response) => response.json()),
    call(`/boards/${encodeURIComponent(ward)}`).then((response) => response.json()),
  ]);
  showUser();
  const occupied = board.beds.filter((bed) => bed.patient?.id !== undefined && bed.encounter !== undefined);
  document.title = `${definition.title ?? form} · Wardline`;
  const chooser = element('select', { id: 'bed', name: 'bed' });
  for (const bed of occupied)
    chooser.append(element('option', { value: bed.bed }, `${bed.bed} · ${bed.patient?.label ?? ''}`));
  if (occupied.some((bed) => bed.bed === wanted.get('bed'))) chooser.value = wanted.get('bed') ?? '';
  const banner = element('p', { class: 'patient-banner', 'aria-live': 'polite' });
  const chosen = (): Bed | undefined => occupied.find((bed) => bed.bed === chooser.value);
  const showPatient = (): void => {
    const bed = chosen();
    const facts = [bed?.patient?.age === undefined ? undefined : `${bed.patient.age} y`, bed?.patient?.sex];
    banner.textContent =
      bed === undefined ? 'No patient' : [bed.bed, bed.patient?.label, ...facts].filter(Boolean).join(' · ');
  };
  chooser.addEventListener('change', showPatient);
  showPatient();
  const outcome = element('div', { id: 'outcome', role: 'status', tabindex: '-1' });
  const sheet = element(
    'form',
    { novalidate: '', id: 'sheet' },
    element('div', { class: 'question' }, element('label', { for: 'bed' }, 'Bed and patient'), chooser),
    banner,
    ...questions(definition.item).map(field),
    element('button', { type: 'submit', class: 'primary' }, 'Send'),
  );
  sheet.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit(definition, chosen(), sheet, outcome);
  });
  sheet.addEventListener('input', () => {
    idempotencyKey = crypto.randomUUID();
  });
  byId('main').replaceChildren(
    element('p', {}, element('a', { href: `/wards/${ward}`, class: 'back' }, `Ward ${ward}`)),
    element('h1', {}, definition.title ?? form),
    outcome,
    sheet,
  );
}

async function submit(
  definition: Questionnaire,
  bed: Bed | undefined,
  sheet: HTMLFormElement,
  outcome: HTMLElement,
): Promise<void> {
  const data = new FormData(sheet);
  const problems: Problem[] = [];
  const item: { linkId: string; answer: Answer[] }[] = [];
  for (const question of questions(definition.item)) {
    try {
      const answer = toAnswer(question, String(data.get(question.linkId) ?? ''));
      if (answer !== undefined) item.push({ linkId: question.linkId, answer: [answer] });
    } catch (error) {
      problems.push({ linkId: question.linkId, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  showProblems(definition, sheet, outcome, problems);
  if (problems.length > 0 || bed?.patient?.id === undefined) return;
  const button = sheet.querySelector('button');
  button?.setAttribute('disabled', '');
  try {
    const response = await call(`/forms/${encodeURIComponent(form)}/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
        ...(definition.url === undefined
          ? {}
          : { questionnaire: [definition.url, definition.version].filter(Boolean).join('|') }),
        subject: { reference: `Patient/${bed.patient.id}` },
        encounter: { reference: `Encounter/${bed.encounter}` },
        authored: new Date().toISOString(),
        item,
      }),
    });
    const { statusUrl }: Status = await response.json();
    say(outcome, 'received', 'Received. Filing…');
    await follow(statusUrl ?? '', definition, sheet, outcome);
  } catch (error) {
    say(
      outcome,
      'rejected',
      error instanceof Refused
        ? error.message
        : 'Not sent: Wardline cannot be reached. Your answers are still here; press Send again.',
    );
  } finally {
    button?.removeAttribute('disabled');
  }
}

/** Asks until the form is filed or rejected; says so when that takes long, and keeps asking. */
async function follow(
  statusUrl: string,
  definition: Questionnaire,
  sheet: HTMLFormElement,
  outcome: HTMLElement,
): Promise<void> {
  for (let asked = 0; ; asked++) {
    const status: Status = await (await call(statusUrl)).json();
    if (status.status === 'filed') {
      say(outcome, 'filed', 'Filed. The ward board shows it now.');
      sheet.reset();
      idempotencyKey = crypto.randomUUID();
      return;
    }
    if (status.status === 'rejected') {
      say(outcome, 'rejected', 'Not filed.');
      return showProblems(definition, sheet, outcome, status.problems ?? []);
    }
    if (asked === 20) say(outcome, 'received', 'Received and safe, but filing takes longer than usual.');
    await new Promise((resolve) => setTimeout(resolve, asked < 20 ? 250 : 2_000));
  }
}

function say(outcome: HTMLElement, state: string, words: string): void {
  outcome.className = `outcome ${state}`;
  outcome.replaceChildren(element('p', {}, words));
  outcome.focus();
}

/** Error summary at the top, linked to each question, and the error beside the question (NHS service manual). */
function showProblems(
  definition: Questionnaire,
  sheet: HTMLFormElement,
  outcome: HTMLElement,
  problems: readonly Problem[],
): void {
  for (const question of questions(definition.item)) {
    const error = sheet.querySelector(`#${CSS.escape(`${inputId(question.linkId)}-error`)}`);
    const problem = problems.find(({ linkId }) => linkId === question.linkId);
    if (!(error instanceof HTMLElement)) continue;
    error.hidden = problem === undefined;
    error.textContent = problem?.reason ?? '';
    sheet
      .querySelector(`[data-link-id="${CSS.escape(question.linkId)}"]`)
      ?.classList.toggle('has-error', problem !== undefined);
  }
  if (problems.length === 0) return;
  const words = (linkId: string): string =>
    questions(definition.item).find((question) => question.linkId === linkId)?.text ?? linkId;
  outcome.className = 'outcome rejected';
  outcome.replaceChildren(
    element('h2', {}, 'There is a problem'),
    element(
      'ul',
      {},
      ...problems.map(({ linkId, reason }) =>
        element('li', {}, element('a', { href: `#${inputId(linkId)}` }, `${words(linkId)}: ${reason}`)),
      ),
    ),
  );
  outcome.focus();
}

start().catch((error: unknown) => {
  byId('main').replaceChildren(
    element('h1', {}, 'This form cannot be shown'),
    element('p', { role: 'alert' }, error instanceof Error ? error.message : String(error)),
  );
});
