import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser } from './support/browser.ts';
import { occupied, readBoard } from './support/ward.ts';
import { startWardline, type Wardline } from './support/wardline.ts';

/** Screenshots go here when asked for (`SCREENSHOTS=docs/screenshots`). */
const screenshots = process.env.SCREENSHOTS;
let wardline: Wardline;
let browser: Browser;
let context: BrowserContext;
let board: Page;
let form: Page;

before(async () => {
  wardline = await startWardline();
  browser = await openBrowser();
  context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  board = await context.newPage();
});
after(async () => {
  await browser?.close();
  await wardline?.stop();
});

const picture = async (page: Page, name: string): Promise<void> => {
  if (screenshots === undefined) return;
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: `${screenshots}/${name}.png` });
};

/** WCAG 2.2 A and AA, by axe. */
async function accessible(page: Page): Promise<void> {
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core/axe.min.js') }).catch(async () => {
    // The page's own policy forbids foreign scripts; evaluate is not bound by it.
    const { readFileSync } = await import('node:fs');
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  });
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(context: unknown, options: unknown): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations: found } = await axe.run(Reflect.get(globalThis, 'document'), {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    });
    return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
  });
  assert.deepEqual(violations, []);
}

test('a nurse signs in and sees the ward', async () => {
  await board.goto(`${wardline.endpoints.functions}/wards/J09`);
  await board.getByRole('button', { name: /Ada Okafor/ }).click();
  await board.locator('.tile').first().waitFor();
  assert.equal(await board.locator('.tile').count(), 28);
  assert.equal(await board.locator('#user').textContent(), 'Ada Okafor');
  await accessible(board);
});

test('the explorer asks as who is signed in, and shows what was answered', async () => {
  const page = await context.newPage();
  await page.goto(`${wardline.endpoints.functions}/explorer`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Ada Okafor').waitFor();
  await accessible(page);
  await page.getByLabel('What to ask').selectOption('readBoard');
  await page.getByRole('textbox', { name: 'ward' }).fill('J09');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('GET /boards/J09: 200').waitFor();
  assert.equal(JSON.parse((await page.locator('#answer').textContent()) ?? '').ward, 'J09');
  await picture(page, 'explorer');
  await accessible(page);
  await page.getByRole('textbox', { name: 'ward' }).fill('J10');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('GET /boards/J10: 403').waitFor();
  await page.getByLabel('What to ask').selectOption('fhir-GET');
  await page.getByRole('textbox', { name: 'path' }).fill('Encounter?_count=1');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText(': 200').waitFor();
  assert.equal(JSON.parse((await page.locator('#answer').textContent()) ?? '').resourceType, 'Bundle');
  await page.close();
});

test('a bed leads to its patient’s timeline, which filters, and says what was entered in error', async () => {
  const who = occupied(await readBoard(wardline, 'J09'), 1);
  const write = async (status: string, text: string) => {
    const body = {
      ...{ resourceType: 'Observation', status, code: { text }, subject: { reference: `Patient/${who.patient}` } },
      ...{ effectiveDateTime: '2026-05-09T07:00:00Z', valueQuantity: { value: 380, unit: 'L/min' } },
    };
    const answer = await wardline.call('nurse.j09', '/fhir/Observation', {
      method: 'POST',
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 201);
  };
  await write('final', '<b>Peak flow</b>');
  await write('entered-in-error', 'Weight of somebody else');
  const page = await context.newPage();
  await page.goto(`${wardline.endpoints.functions}/wards/J09`);
  await page.locator(`.tile[data-bed="${who.bed}"] a.label`).click();
  await page.getByText('Inpatient stay').waitFor();
  assert.match(
    (await page.getByRole('region', { name: 'Patient' }).textContent()) ?? '',
    /, .*NHS No\.999 \d{3} \d{4}/,
  );
  await page.getByText('<b>Peak flow</b>').waitFor();
  assert.equal(await page.getByText('Weight of somebody else').count(), 0);
  await accessible(page);
  await page.getByLabel('Also what was entered in error').check();
  await page.getByText('Weight of somebody else').waitFor();
  await page.getByText('Entered in error', { exact: true }).waitFor();
  await accessible(page);
  await picture(page, 'timeline');
  await page.getByLabel('Show', { exact: true }).selectOption('letter');
  await page.getByText('Nothing to show.').waitFor();
  await page.goto(`${wardline.endpoints.functions}/patients/0123456789ab`);
  await page.getByText('There is no such').first().waitFor();
  await page.close();
});

test('NEWS2 = 7 filed in the form stands on the board beside it, without reload', async () => {
  const who = occupied(await readBoard(wardline, 'J09'));
  await board.getByText(/live/).waitFor();
  form = await context.newPage();
  await form.goto(`${wardline.endpoints.functions}/forms/news2#ward=J09&bed=${who.bed}`);
  // Each tab signs in for itself; the provider remembers who it was.
  await form.locator('#sheet').waitFor();
  await accessible(form);
  await form.getByLabel('Respirations').fill('24');
  await form.getByLabel('Oxygen saturation').fill('94');
  await form.getByText('Scale 1', { exact: true }).click();
  await form.getByText('No', { exact: true }).click();
  await form.getByLabel('Systolic').fill('120');
  await form.getByLabel('Pulse').fill('115');
  await form.getByText('Alert', { exact: true }).click();
  await form.getByLabel('Temperature').fill('39.2');
  await picture(form, 'form');
  const tile = board.locator(`.tile[data-bed="${who.bed}"]`);
  await form.getByRole('button', { name: 'Send' }).click();
  await form.getByText(/Filed/).waitFor();
  await tile.locator('.total', { hasText: '7' }).waitFor();
  assert.match((await tile.textContent()) ?? '', /High risk/);
  await picture(board, 'board');
});

test('an impossible answer is shown beside its question and nothing is lost', async () => {
  await form.getByLabel('Pulse').fill('1150');
  await form.getByLabel('Respirations').fill('18');
  await form.getByText('Scale 1', { exact: true }).click();
  await form.getByRole('button', { name: 'Send' }).click();
  await form.getByText('There is a problem').waitFor();
  assert.match((await form.locator('[data-link-id="pulse"] .error').textContent()) ?? '', /between/);
  assert.equal(await form.getByLabel('Respirations').inputValue(), '18');
  await accessible(form);
  await picture(form, 'form-problem');
});

test('a bed moved elsewhere moves the tile, without reload', async () => {
  const before = await readBoard(wardline, 'J09');
  const who = occupied(before, 2);
  const free = before.beds.find(({ patient }) => patient === undefined);
  assert.ok(free);
  const { endpoint, key } = wardline.endpoints.eventGrid.in;
  const client = new EventGridPublisherClient(endpoint, 'CloudEvent', new AzureKeyCredential(key), {
    allowInsecureConnection: true,
  });
  const data = {
    trust: 'RR8',
    encounter: who.encounter,
    bed: free.bed,
    occurredAt: new Date().toISOString(),
    sequence: 1,
  };
  await client.send([{ type: 'uk.nhs.wardline.bed.moved.v1', source: '/test/bed-management', data }]);
  await board.locator(`.tile[data-bed="${free.bed}"] .label`).waitFor();
  await board.locator(`.tile.empty[data-bed="${who.bed}"]`).waitFor();
});
