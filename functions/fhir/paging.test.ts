import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomFrom } from '../../demo/random.ts';
import { type FhirApi, type FhirBody, startFhirApi } from '../../test/support/fhir-api.ts';
import { patient, pulse } from '../../test/support/record-samples.ts';

let api: FhirApi;
let token = '';
let ids: string[] = [];
const all = 40;

before(async () => {
  api = await startFhirApi();
  token = (await api.send('POST', 'Patient', { body: patient('Seiten') })).body.id ?? '';
  const entry = Array.from({ length: all }, (_, value) => ({
    request: { method: 'POST', url: 'Observation' },
    resource: pulse(token, value, 'paged'),
  }));
  const made = await api.send('POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
  ids = made.body.entry?.map(({ response }) => response?.location?.split('/')[1] ?? '') ?? [];
});
after(() => api.close());

const linkOf = (body: FhirBody, wanted: string): string | undefined =>
  body.link?.find(({ relation }) => relation === wanted)?.url;
const idsOf = (body: FhirBody): string[] => body.entry?.map(({ resource }) => String(resource?.id)) ?? [];

/** All pages, and what is written between and during them. */
async function pages(first: string, meanwhile: () => Promise<unknown>): Promise<FhirBody[]> {
  const shown: FhirBody[] = [];
  let url: string | undefined = first;
  let write: Promise<unknown> = meanwhile();
  while (url !== undefined) {
    const { body, status } = await api.send('GET', url);
    assert.equal(status, 200);
    shown.push(body);
    url = linkOf(body, 'next');
    await write;
    write = meanwhile();
  }
  await write;
  return shown;
}

/** Changes what is searched: values that are sorted by, new ones, and some that are deleted and come again. */
function writer(seed: number): () => Promise<unknown> {
  const random = randomFrom(seed);
  return async () => {
    const id = random.pick(ids);
    const kind = random.below(4);
    if (kind === 0) return api.send('POST', 'Observation', { body: pulse(token, random.below(100), 'paged') });
    if (kind === 1) await api.send('DELETE', `Observation/${id}`);
    return api.send('PUT', `Observation/${id}`, { body: { ...pulse(token, random.below(100), 'paged'), id } });
  };
}

test("writers hide no match of the first page's moment, and show none twice, in whatever order", async () => {
  for (const [seed, sort] of [
    '',
    '&_sort=value-quantity',
    '&_sort=-_lastUpdated',
    '&_sort=-date,value-quantity',
  ].entries()) {
    const write = writer(seed);
    let begun = false;
    const shown = await pages(`Observation?patient=${token}&code=paged&_count=7${sort}`, async () => {
      // The first page stands alone: what is being written while it is read may show either state.
      if (begun) await Promise.all([write(), write()]);
      begun = true;
    });
    const seen = shown.flatMap(idsOf);
    assert.equal(new Set(seen).size, seen.length, `twice in ${sort}`);
    for (const id of ids) assert.ok(seen.includes(id), `${id} is missing in ${sort}`);
    assert.equal(new Set(shown.map(({ total }) => total)).size, 1);
    assert.equal(seen.length, shown[0]?.total);
  }
});

test('without an order of its own a search may be paged even while its first page is being written over', async () => {
  const write = writer(9);
  const seen = (
    await pages(`Observation?patient=${token}&code=paged&_count=6`, () => Promise.all([write(), write()]))
  ).flatMap(idsOf);
  assert.equal(new Set(seen).size, seen.length);
});

test('back from the last page come the same matches as forth', async () => {
  const forth = await pages(`Observation?patient=${token}&code=paged&_count=9&_sort=value-quantity`, async () => {});
  const back: string[][] = [];
  let url = linkOf(forth.at(-1) ?? {}, 'previous');
  while (url !== undefined) {
    const { body } = await api.send('GET', url);
    back.unshift(idsOf(body));
    url = linkOf(body, 'previous');
  }
  assert.deepEqual(back.flat(), forth.slice(0, -1).flatMap(idsOf));
  const first = linkOf(forth.at(-1) ?? {}, 'first') ?? '';
  assert.deepEqual(idsOf((await api.send('GET', first)).body), idsOf(forth[0] ?? {}));
});

test('the size of a page may change on the way, and nothing is lost or shown twice', async () => {
  const { body: first } = await api.send('GET', `Observation?patient=${token}&_count=7`);
  const { body: rest } = await api.send('GET', `${linkOf(first, 'next')}&_count=1000`);
  const { body: whole } = await api.send('GET', `Observation?patient=${token}&_count=1000`);
  assert.deepEqual([...idsOf(first), ...idsOf(rest)], idsOf(whole));
  for (const other of ['_sort=date', 'code=x', '_count=x'])
    assert.equal((await api.send('GET', `${linkOf(first, 'next')}&${other}`)).status, 400, other);
});
