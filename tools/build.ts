import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

/**
 * `npm run build`: the deployment package in `dist/`: one CommonJS bundle for all five apps (an ESM bundle fails on
 * dynamic requires), host.json, the pages. Application Insights stays a chunk of its own, since it is loaded late.
 */
rmSync('dist', { recursive: true, force: true });
await import('./build-web.ts');
const result = await build({
  entryPoints: { main: 'functions/main.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minify: true,
  sourcemap: true,
  metafile: true,
  // The host provides it; it is on no registry.
  external: ['@azure/functions-core'],
  logLevel: 'warning',
});
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
mkdirSync('dist/web', { recursive: true });
cpSync('web/dist', 'dist/web/dist', { recursive: true });
cpSync('host.json', 'dist/host.json');
writeFileSync('dist/package.json', `${JSON.stringify({ name: 'wardline', version, main: 'main.cjs' }, null, 2)}\n`);
for (const [file, { bytes }] of Object.entries(result.metafile.outputs))
  console.log(`${file}  ${(bytes / 1024).toFixed(0)} kB`);
