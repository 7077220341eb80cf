import { ageOf, type Bed, type News2, type Risk, riskOf } from './board-model.ts';
import { element } from './element.ts';

const riskWords: Record<Risk, string> = {
  high: 'High risk',
  medium: 'Medium risk',
  'low-medium': 'Single parameter scores 3',
  low: 'Low risk',
  none: 'Score 0',
  incomplete: 'Incomplete',
};
const trends: Record<string, { sign: string; words: string }> = {
  up: { sign: '↑', words: 'rising' },
  down: { sign: '↓', words: 'falling' },
  same: { sign: '→', words: 'unchanged' },
};

/** One bed of the ward, as a list item. Colour never speaks alone: the risk also stands there in words. */
export function tile(bed: Bed, ward: string, now: number): HTMLElement {
  const short = bed.bed.replace(`${ward}-`, '');
  const head = element('h2', { class: 'bed' }, element('span', { class: 'visually-hidden' }, 'Bed '), short);
  if (bed.restricted) {
    return element(
      'li',
      { class: 'tile restricted', 'data-bed': bed.bed },
      head,
      element('p', { class: 'state' }, 'Occupied · restricted'),
    );
  }
  if (bed.patient === undefined) {
    return element('li', { class: 'tile empty', 'data-bed': bed.bed }, head, element('p', { class: 'state' }, 'Empty'));
  }
  const { label, age, sex } = bed.patient;
  const facts = [age === undefined ? undefined : `${age} y`, sex].filter((fact) => fact !== undefined).join(' · ');
  return element(
    'li',
    { class: `tile risk-${bed.news2 ? riskOf(bed.news2) : 'unknown'}`, 'data-bed': bed.bed },
    head,
    element(
      'p',
      { class: 'patient' },
      bed.patient.id === undefined
        ? element('span', { class: 'label' }, label)
        : element(
            'a',
            { class: 'label', href: `/patients/${bed.patient.id}`, 'aria-label': `Timeline of ${label}` },
            label,
          ),
      element('span', { class: 'facts' }, facts),
    ),
    bed.news2 === undefined ? element('p', { class: 'no-score' }, 'No NEWS2 yet') : score(bed.news2, now),
    ...(bed.encounter === undefined || bed.patient.id === undefined
      ? []
      : [
          element(
            'a',
            {
              class: 'file',
              href: `/forms/news2#ward=${ward}&bed=${bed.bed}`,
              'aria-label': `Record NEWS2 for bed ${short}`,
            },
            'Record',
          ),
        ]),
  );
}

function score(news2: News2, now: number): HTMLElement {
  const trend = trends[news2.trend ?? ''];
  const marks = [
    ...(news2.singleParameter ? [element('span', { class: 'mark' }, 'single 3')] : []),
    ...(news2.complete ? [] : [element('span', { class: 'mark' }, 'incomplete')]),
  ];
  return element(
    'p',
    { class: 'score' },
    element(
      'span',
      { class: 'total' },
      element('span', { class: 'visually-hidden' }, 'NEWS2 '),
      news2.complete ? String(news2.total) : `${news2.total}+`,
    ),
    element('span', { class: 'risk-words' }, riskWords[riskOf(news2)]),
    ...marks,
    ...(trend === undefined
      ? []
      : [
          element(
            'span',
            { class: 'trend', title: trend.words },
            element('span', { 'aria-hidden': 'true' }, trend.sign),
            element('span', { class: 'visually-hidden' }, trend.words),
          ),
        ]),
    element('time', { class: 'age', datetime: news2.observedAt }, ageOf(news2.observedAt, now)),
  );
}
