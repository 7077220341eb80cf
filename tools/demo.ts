import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { readEndpoints } from './endpoints.ts';
import { tokenFor } from './token-for.ts';

/**
 * `npm run demo`: makes the wards live. Every second or two a nurse files NEWS2 for somebody, now and then bed
 * management moves a patient to a free bed. Stops with Ctrl-C, or after `--seconds N`.
 */
interface Bed {
  readonly bed: string;
  readonly encounter?: string;
  readonly patient?: { readonly id?: string };
}

const endpoints = readEndpoints();
const wards = [
  { ward: 'J09', trust: 'RR8', nurse: 'nurse.j09' },
  { ward: 'J10', trust: 'RR8', nurse: 'nurse.j10' },
  { ward: 'X01', trust: 'RXF', nurse: 'nurse.x01' },
] as const;
const secondsFlag = process.argv.indexOf('--seconds');
const until = secondsFlag < 0 ? Number.POSITIVE_INFINITY : Date.now() + Number(process.argv[secondsFlag + 1]) * 1000;
const bedEvents = new EventGridPublisherClient(
  endpoints.eventGrid.in.endpoint,
  'CloudEvent',
  new AzureKeyCredential(endpoints.eventGrid.in.key),
  {
    allowInsecureConnection: true,
  },
);
let sequence = Date.now();

const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)];
/** A number around the middle, seldom far from it. */
const around = (middle: number, spread: number): number =>
  Math.round(middle + (Math.random() + Math.random() + Math.random() - 1.5) * spread);

async function call(user: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, authorization: `Bearer ${await tokenFor(user)}` };
  return fetch(new URL(path, endpoints.functions), { ...init, headers });
}

async function fileNews2(nurse: string, bed: Bed): Promise<void> {
  const answer = (linkId: string, value: object) => ({ linkId, answer: [value] });
  const response = await call(nurse, '/forms/news2/responses', {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      subject: { reference: `Patient/${bed.patient?.id}` },
      encounter: { reference: `Encounter/${bed.encounter}` },
      authored: new Date().toISOString(),
      item: [
        answer('respirations', { valueInteger: around(17, 8) }),
        answer('spo2', { valueInteger: Math.min(100, around(96, 4)) }),
        answer('spo2-scale', { valueCoding: { code: '1' } }),
        answer('oxygen', { valueBoolean: Math.random() < 0.1 }),
        answer('systolic', { valueInteger: around(122, 40) }),
        answer('pulse', { valueInteger: around(80, 40) }),
        answer('consciousness', { valueCoding: { code: Math.random() < 0.95 ? 'A' : 'C' } }),
        answer('temperature', { valueDecimal: around(370, 18) / 10 }),
        answer('observed-at', { valueDateTime: new Date().toISOString() }),
      ],
    }),
  });
  console.log(`${bed.bed}  NEWS2 sent (${response.status})`);
}

async function moveSomebody(trust: string, beds: readonly Bed[]): Promise<void> {
  const from = pick(beds.filter(({ encounter }) => encounter !== undefined));
  const to = pick(beds.filter(({ patient }) => patient === undefined));
  if (from?.encounter === undefined || to === undefined) return;
  const data = {
    trust,
    encounter: from.encounter,
    bed: to.bed,
    occurredAt: new Date().toISOString(),
    sequence: sequence++,
  };
  await bedEvents.send([{ type: 'uk.nhs.wardline.bed.moved.v1', source: '/demo/bed-management', data }]);
  console.log(`${from.bed} -> ${to.bed}  moved`);
}

for (let round = 1; Date.now() < until; round++) {
  const { ward, trust, nurse } = pick(wards) ?? wards[0];
  const response = await call(nurse, `/boards/${ward}`);
  if (!response.ok) {
    console.error(`The board of ${ward} answered ${response.status}: ${await response.text()}`);
    process.exitCode = 1;
    break;
  }
  const { beds } = (await response.json()) as { beds: Bed[] };
  const bed = pick(beds.filter(({ patient }) => patient?.id !== undefined));
  if (bed !== undefined) await fileNews2(nurse, bed);
  if (round % 6 === 0) await moveSomebody(trust, beds);
  await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 1500));
}
