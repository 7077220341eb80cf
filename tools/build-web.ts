import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

/** Bundles the pages' scripts into `web/dist`, and writes one HTML file a page from the common frame. */
const pages = {
  home: 'Home',
  board: 'Ward board',
  form: 'Form',
  'patient-timeline': 'Timeline',
  explorer: 'API explorer',
  callback: 'Signing in',
} as const;

await build({
  entryPoints: Object.keys(pages).map((page) => `web/${page}.ts`),
  outdir: 'web/dist',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'linked',
  logLevel: 'warning',
});
const frame = readFileSync('web/page.html', 'utf8');
mkdirSync('web/dist', { recursive: true });
for (const [script, title] of Object.entries(pages)) {
  writeFileSync(`web/dist/${script}.html`, frame.replaceAll('{{script}}', script).replaceAll('{{title}}', title));
}
for (const file of ['style.css', 'wardline.svg']) copyFileSync(`web/${file}`, `web/dist/${file}`);
