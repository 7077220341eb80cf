import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { genesis, type Link, linkOf } from '../shared/audit/chain.ts';
import { sealedText, signedText } from '../shared/audit/checkpoint.ts';
import { type AuditEntry, type ChainPage, toNdjson } from '../shared/audit/index.ts';
import { memorySigner } from '../test/support/signer.ts';

const folder = mkdtempSync(join(tmpdir(), 'audit-verify-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const entry = (id: string, month: string): AuditEntry => ({
  id,
  trust: 'RR8',
  recorded: `${month}-24T10:00:00.000Z`,
  action: 'R',
  subtype: 'read',
  outcome: '0',
  agent: { id: 'a', role: 'nurse', kind: 'staff', trust: 'RR8' },
  policy: 'record:read',
  patients: ['0a1b2c3d4e5f'],
  entities: [],
  traceparent: '',
});

function page(month: string, shard: number, length: number, begin = genesis): ChainPage {
  const links: Link[] = [];
  for (let seq = 1; seq <= length; seq++)
    links.push(linkOf(seq, links.at(-1)?.hash ?? begin, entry(`${month}-${shard}-${seq}`, month)));
  const head = { seq: length, hash: links.at(-1)?.hash ?? begin };
  return { chain: `RR8|${month}|${shard}`, begin, head, after: 0, more: false, links };
}
const lastHash = ({ head }: ChainPage): string => head?.hash ?? genesis;
const october = page('2026-10', 0, 5);
const november = page('2026-11', 0, 8, lastHash(october));
const quiet: ChainPage = { ...page('2026-11', 1, 0), head: undefined };

/** Proves an export as somebody does who has nothing else: two files, with no system to ask. */
function verify(...exports: string[]): { status: number | null; said: string } {
  const flag = exports.indexOf('--key');
  const flags = flag < 0 ? [] : exports.splice(flag);
  const files = exports.map((text, index) => {
    const file = join(folder, `export-${index}.ndjson`);
    writeFileSync(file, text);
    return file;
  });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'tools/audit-verify.ts', ...files, ...flags],
    { encoding: 'utf8', env: { ...process.env, WARDLINE_STATE: join(folder, 'nothing-runs-here') } },
  );
  return { status, said: `${stdout}${stderr}` };
}
const lines = (text: string): string[] => text.trimEnd().split('\n');

test('what nobody touched is whole, month by month, and counted', () => {
  const { status, said } = verify(toNdjson([october]), toNdjson([november, quiet]));
  assert.equal(status, 0, said);
  assert.match(said, /whole +RR8\|2026-10\|0 +5 entries\n/);
  assert.match(said, /whole +RR8\|2026-11\|0 +8 entries\n/);
  assert.match(said, /3 chains, 13 entries, 0 broken/);
});

test('a row that was edited, removed, added or moved is named, and exit is 1', () => {
  const [head = '', ...rows] = lines(toNdjson([november]));
  const forged = JSON.stringify({
    chain: november.chain,
    ...linkOf(4, rowHash(november, 3), entry('forged', '2026-11')),
  });
  const tampered: Record<string, string[]> = {
    'row 3 edited (entry 2026-11-0-3)': rows.map((row, index) =>
      index === 2 ? row.replace('"outcome":"0"', '"outcome":"4"') : row,
    ),
    'row 4 removed (beside entry 2026-11-0-5)': rows.filter((_, index) => index !== 3),
    'row 7 removed': rows.slice(0, 6),
    'row 4 added (entry forged)': rows.toSpliced(3, 0, forged),
    'row 5 moved (entry 2026-11-0-5)': rows.toSpliced(3, 1).toSpliced(6, 0, rows[3] ?? ''),
  };
  for (const [named, changed] of Object.entries(tampered)) {
    const { status, said } = verify(toNdjson([october]), [head, ...changed].join('\n'));
    assert.equal(status, 1, named);
    assert.ok(said.includes(`BROKEN  RR8|2026-11|0  ${named}`), `${named}\n${said}`);
    assert.match(said, /1 broken/);
  }
});

const rowHash = ({ links }: ChainPage, seq: number): string => links[seq - 1]?.hash ?? '';

test('a chain that lost its head, or the month before its end, is not whole', () => {
  const { head: _head, ...headless } = november;
  const lost = verify(toNdjson([{ ...headless, head: undefined }]));
  assert.equal(lost.status, 1, lost.said);
  assert.match(lost.said, /head/);
  const shortened = page('2026-10', 0, 3);
  const cut = verify(toNdjson([shortened]), toNdjson([november]));
  assert.equal(cut.status, 1, cut.said);
  assert.match(cut.said, /BROKEN +RR8\|2026-11\|0/);
});

test('a month alone is proved for itself, and says that the one before is missing', () => {
  const { status, said } = verify(toNdjson([november]));
  assert.equal(status, 0, said);
  assert.match(said, /month before is not in this export/);
});

test('an export that stops before the end says how to get the rest', () => {
  const { status, said } = verify(toNdjson([{ ...november, more: true, links: november.links.slice(0, 5) }]));
  assert.equal(status, 1);
  assert.match(said, /after=5/);
});

test('pages of one chain are one chain, although it grew between them', () => {
  const head = { seq: 4, hash: rowHash(november, 4) };
  const first = { ...november, head, more: true, links: november.links.slice(0, 4) };
  const second = { ...november, after: 4, links: november.links.slice(4) };
  const { status, said } = verify(toNdjson([october]), toNdjson([first]), toNdjson([second]));
  assert.equal(status, 0, said);
});

test('checkpoints are proved with the key that one trusts, and name what a rewritten chain no longer is', async () => {
  const { key, sign } = await memorySigner().signer('audit-checkpoints');
  const { seq, hash } = november.head ?? { seq: 0, hash: '' };
  const unsigned = {
    ...{ checkpoint: 1, trust: 'RR8', at: '2026-11-30T11:05:00.000Z', previous: genesis, key, signature: '' },
    chains: [{ chain: november.chain, begin: november.begin, seq, hash }],
  };
  const signature = Buffer.from(await sign(Buffer.from(signedText(unsigned)))).toString('base64url');
  const sealed = sealedText({ ...unsigned, signature });
  const trusted = join(folder, 'key.json');
  writeFileSync(trusted, JSON.stringify({ keys: [key] }));
  const right = verify(toNdjson([october, november]), sealed, '--key', trusted);
  assert.equal(right.status, 0, right.said);
  assert.match(right.said, /whole +RR8\|checkpoints +1\n/);
  const other = page('2026-11', 0, 9, lastHash(october));
  const [, , third, ...later] = november.links;
  assert.ok(third && later.length > 0);
  let prev = third.prev;
  const links = [...november.links.slice(0, 2), third, ...later].map((link) => {
    if (link.seq < 3) return link;
    const forged = linkOf(link.seq, prev, { ...link.entry, outcome: '8' });
    prev = forged.hash;
    return forged;
  });
  const forged = verify(toNdjson([october, { ...other, links, head: { seq: 8, hash: prev } }]), sealed);
  assert.equal(forged.status, 1);
  assert.match(forged.said, /BROKEN +RR8\|2026-11\|0 +row 1 edited .*checkpoint 1 sealed row 8/);
  const stranger = verify(sealed, '--key', join(folder, 'no-such-key.json'));
  assert.equal(stranger.status, 1);
});

test('what is no export is said to be none', () => {
  assert.match(verify('{"chain":1}\n').said, /Line 1 is no row/);
  assert.match(verify('not json').said, /Line 1 is no row/);
  assert.equal(verify('').status, 1);
});
