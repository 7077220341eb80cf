import { call } from './api.ts';
import { element } from './element.ts';
import { dateInWords } from './timeline-model.ts';

interface Patient {
  readonly name?: readonly { readonly use?: string; readonly family?: string; readonly given?: readonly string[] }[];
  readonly birthDate?: string;
  readonly gender?: string;
  readonly identifier?: readonly { readonly system?: string; readonly value?: string }[];
}

/** Whose record it is, in the order and the forms of the NHS's patient banner; why not, where it may not be shown. */
export async function patientBanner(id: string): Promise<HTMLElement> {
  try {
    const patient: Patient = await (await call(`/fhir/Patient/${encodeURIComponent(id)}`)).json();
    const { name = [], birthDate, gender, identifier = [] } = patient;
    const used = name.find(({ use }) => use === 'official') ?? name[0];
    const nhsNumber = identifier.find(({ system }) => system === 'https://fhir.nhs.uk/Id/nhs-number')?.value;
    const facts = [
      ['Born', birthDate === undefined ? 'not known' : dateInWords(birthDate)],
      ['Gender', gender ?? 'not known'],
      ['NHS No.', nhsNumber === undefined ? 'not known' : spaced(nhsNumber)],
    ];
    return element(
      'section',
      { class: 'whose', 'aria-label': 'Patient' },
      element('h2', {}, `${(used?.family ?? 'NAME NOT KNOWN').toUpperCase()}, ${(used?.given ?? []).join(' ')}`),
      element(
        'dl',
        {},
        ...facts.map(([word = '', value = '']) =>
          element('div', {}, element('dt', {}, word), element('dd', {}, value)),
        ),
      ),
    );
  } catch (error) {
    return element('p', { class: 'whose' }, error instanceof Error ? error.message : String(error));
  }
}

/** NHS numbers are written 3, 3 and 4. */
const spaced = (digits: string): string => digits.replaceAll(' ', '').replace(/^(\d{3})(\d{3})(\d{4})$/, '$1 $2 $3');
