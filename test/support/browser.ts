import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/**
 * A real Chromium, brought by npm. It unpacks itself into a folder of its own, since it would reuse any old copy. It runs as one
 * process: when a context of it closes, it ends.
 */
export async function openBrowser(): Promise<Browser> {
  process.env['TMPDIR'] = mkdtempSync(join(tmpdir(), 'wardline-browser-'));
  const { default: bundled } = await import('@sparticuz/chromium');
  return chromium.launch({
    executablePath: await bundled.executablePath(),
    // As people's browsers do it holds to the same-origin policy.
    args: [...bundled.args.filter((one) => one !== '--disable-web-security'), '--disable-dev-shm-usage'],
    headless: true,
  });
}
