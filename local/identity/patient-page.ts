import { escapeHtml, page } from './page.ts';

/** Milliseconds. */
const patience = 5_000;

/** A patient to choose from. */
export interface Choice {
  readonly id: string;
  readonly label: string;
}

/** Patients that the FHIR server shows to whoever signed in; none where it does not answer. */
export async function patientsAt(audience: string, token: string): Promise<readonly Choice[]> {
  try {
    const response = await fetch(`${audience}/Patient?_count=50&_sort=family`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+json' },
      signal: AbortSignal.timeout(patience),
    });
    const { entry = [] } = (await response.json()) as { entry?: readonly { resource?: PatientLike }[] };
    return entry.flatMap(({ resource }) =>
      resource?.id === undefined ? [] : [{ id: resource.id, label: labelOf(resource) }],
    );
  } catch {
    return [];
  }
}

interface PatientLike {
  readonly id?: string;
  readonly name?: readonly { readonly family?: string; readonly given?: readonly string[] }[];
  readonly birthDate?: string;
}

function labelOf({ id, name = [], birthDate }: PatientLike): string {
  const [first] = name;
  const spoken = [...(first?.given ?? []), first?.family].filter(Boolean).join(' ');
  return [spoken === '' ? id : spoken, birthDate].filter(Boolean).join(', ');
}

/** The page on which a patient is chosen for an app. @param action where the choice is posted to */
export function patientPage(app: string, patients: readonly Choice[], action: string): string {
  const choices = patients
    .map(
      ({ id, label }) =>
        `<button name="patient" value="${escapeHtml(id)}"><strong>${escapeHtml(label)}</strong></button>`,
    )
    .join('\n');
  const other =
    '<p><label>Another patient, by id <input name="other" pattern="[A-Za-z0-9.\\-]{1,64}"></label><button>Choose</button></p>';
  return page(
    'Choose a patient',
    `<p>${escapeHtml(app)} is to be opened with one patient.</p>
<form method="post" action="${escapeHtml(action)}">${choices}</form><form method="post" action="${escapeHtml(action)}">${other}</form>`,
  );
}
