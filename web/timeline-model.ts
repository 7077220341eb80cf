/** A line of `GET /patients/{id}/timeline`. */
export interface Line {
  readonly kind: string;
  readonly date: string;
  readonly dated: 'clinical' | 'recorded';
  readonly title: string;
  readonly detail?: string;
  readonly status?: string;
  readonly enteredInError?: boolean;
  readonly reference: string;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}
export interface TimelinePage {
  readonly entries: readonly Line[];
  /** The address of the page that follows. */
  readonly next?: string;
}

/** The kinds, as clinicians call several of each. */
export const kinds: Readonly<Record<string, string>> = {
  encounter: 'Stays and visits',
  diagnosis: 'Diagnoses',
  medication: 'Medicines',
  plan: 'Care plans',
  allergy: 'Allergies',
  result: 'Results',
  scan: 'Scans',
  immunisation: 'Immunisations',
  procedure: 'Procedures',
  alert: 'Alerts',
  task: 'Tasks',
  letter: 'Letters',
};

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A FHIR date as the NHS writes dates (08-Nov-2026), with no more precision than it has; times in the reader's zone. */
export function dateInWords(date: string): string {
  const [year = '', month, day] = date.slice(0, 10).split('-');
  if (month === undefined) return year;
  const name = months[Number(month) - 1] ?? month;
  if (day === undefined) return `${name}-${year}`;
  if (date.length <= 10) return `${day}-${name}-${year}`;
  const moment = new Date(date);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  return `${two(moment.getDate())}-${months[moment.getMonth()]}-${moment.getFullYear()} ${clock}`;
}

/** The question that the filters ask. */
export function timelineAddress(
  patient: string,
  asked: { readonly kind: string; readonly from: string; readonly to: string; readonly withdrawn: boolean },
): string {
  const query = new URLSearchParams();
  for (const name of ['kind', 'from', 'to'] as const) if (asked[name] !== '') query.set(name, asked[name]);
  if (asked.withdrawn) query.set('withdrawn', 'show');
  return `/patients/${encodeURIComponent(patient)}/timeline${query.size === 0 ? '' : `?${query}`}`;
}
