import { readEndpoints } from '../tools/endpoints.ts';
import { tokenFor } from '../tools/token-for.ts';
import { bedName, locationOf, organizationOf } from './hospital/places.ts';
import { post, put, type Resource, transaction } from './hospital/resource.ts';
import { encounterOf, patientOf } from './hospital/stay.ts';
import { type DemoPatient, makePatients } from './patients.ts';

/** Fills an empty system through its own API: trusts, wards, beds, teams, admitted patients. Doing it twice is harmless. */
interface Ward {
  readonly trust: string;
  readonly ward: string;
  readonly beds: number;
  readonly patients: number;
  readonly seed: number;
}

const wards: readonly Ward[] = [
  { trust: 'RR8', ward: 'J09', beds: 28, patients: 24, seed: 9 },
  { trust: 'RR8', ward: 'J10', beds: 28, patients: 24, seed: 10 },
  { trust: 'RXF', ward: 'X01', beds: 12, patients: 10, seed: 101 },
];
const names: Readonly<Record<string, string>> = {
  RR8: 'Leeds Teaching Hospitals NHS Trust (demo)',
  RXF: 'Mid Yorkshire Teaching NHS Trust (demo)',
};
const teams: Readonly<Record<string, readonly string[]>> = {
  'RR8-J09-nursing': ['J09'],
  'RR8-J09-medical': ['J09'],
  'RR8-J09-admin': ['J09'],
  'RR8-J09-boards': ['J09'],
  'RR8-J10-nursing': ['J10'],
  'RR8-pharmacy': ['*'],
  'RR8-privacy': [],
  'RR8-audit': [],
  'RR8-operations': [],
  'RR8-integration': [],
  'RXF-X01-nursing': ['X01'],
  'RXF-audit': [],
  'RXF-operations': [],
  'RXF-integration': [],
};
const { functions } = readEndpoints();
const suffix = (trust: string): string => (trust === 'RR8' ? '' : `.${trust.toLowerCase()}`);

async function send(user: string, method: string, path: string, body: unknown): Promise<Response> {
  const response = await fetch(new URL(path, functions), {
    method,
    headers: { authorization: `Bearer ${await tokenFor(user)}`, 'content-type': 'application/fhir+json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
  return response;
}

const isOpen = async (): Promise<boolean> => (await fetch(new URL('/health/ready', functions))).ok;
/** Places: trust, site, wards, beds; ids and names of beds are what the ward calls them. */
function places(trust: string): object[] {
  const name = names[trust] ?? trust;
  const site = `${trust}-site`;
  const own = wards.filter((ward) => ward.trust === trust);
  return [
    organizationOf(trust, name),
    locationOf(trust, { id: site, name: `${name}, main site`, type: 'si' }),
    ...own.flatMap(({ ward, beds }) => [
      locationOf(trust, { id: ward, name: `Ward ${ward}`, type: 'wa', partOf: site }),
      ...Array.from({ length: beds }, (_, index) => bedName(ward, index)).map((bed) =>
        locationOf(trust, { id: bed, name: bed, type: 'bd', partOf: ward }),
      ),
    ]),
  ].map(put);
}

/** Whom the demo user `patient` is: known by an id of its own, since the identity provider has to name it. */
const demoPatient: Readonly<Record<string, string>> = { Patient: 'demo-patient', Encounter: 'demo-stay' };

/** A patient, admitted to a bed some hours ago; every sixth has SpO2 scale 2 prescribed. */
function admission(patient: DemoPatient, ward: string, index: number): object[] {
  const own = ward === 'J09' && index === 0;
  const self = `urn:uuid:00000000-0000-4000-8000-${ward.replace(/\D/g, '').padStart(4, '0')}${String(index).padStart(8, '0')}`;
  const since = new Date(Date.now() - (2 + index) * 3_600_000).toISOString();
  const send = (resource: Resource, fullUrl?: string): object =>
    own
      ? { ...post(resource, fullUrl), ...put({ ...resource, id: demoPatient[resource.resourceType] ?? '' }) }
      : post(resource, fullUrl);
  return [
    send(patientOf(patient), self),
    send(encounterOf(self, bedName(ward, index), since)),
    ...(index % 6 === 5
      ? [
          post({
            resourceType: 'ServiceRequest',
            status: 'active',
            intent: 'order',
            code: {
              coding: [
                { system: 'https://wardline.nhs.uk/order', code: 'spo2-scale-2', display: 'SpO2 scale 2 (88-92 %)' },
              ],
            },
            subject: { reference: self },
            authoredOn: since,
          }),
        ]
      : []),
  ];
}

if (!(await isOpen())) {
  for (const trust of Object.keys(names)) {
    for (const [team, own] of Object.entries(teams))
      if (team.startsWith(trust))
        await send(`operations${suffix(trust)}`, 'PUT', `/operations/teams/${team}`, { wards: own });
    const integration = `integration${suffix(trust)}`;
    await send(integration, 'POST', '/fhir', transaction(places(trust)));
    for (const { ward, patients, seed } of wards.filter((one) => one.trust === trust)) {
      const people = makePatients(patients, seed);
      for (let start = 0; start < people.length; start += 4) {
        await Promise.all(
          people.slice(start, start + 4).map(async (patient, index) => {
            try {
              await send(integration, 'POST', '/fhir', transaction(admission(patient, ward, start + index)));
            } catch (error) {
              // An earlier start was interrupted after this patient: the NHS number is taken, and that is fine.
              if (!(error instanceof Error && /answered 409/.test(error.message))) throw error;
            }
          }),
        );
      }
    }
    await send(`operations${suffix(trust)}`, 'PUT', `/operations/trusts/${trust}`, {});
  }
}
