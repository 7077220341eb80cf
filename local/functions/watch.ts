import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Editors write a file in several steps: a change counts when it has been quiet for so long, ms. */
const quiet = 150;

/**
 * Calls back once, when one of the app's own files has changed: those that were loaded, and those that configure it.
 * Folders are watched rather than files, since editors replace files.
 * @param files `file:` addresses of what was loaded
 */
export function watchApp(app: string, files: Iterable<string>, changed: (file: string) => void): { close(): void } {
  const paths = new Set([
    ...[...files].map((url) => fileURLToPath(url.split('?', 1)[0] ?? url)),
    ...['host.json', 'local.settings.json', 'package.json'].map((name) => join(app, name)),
  ]);
  const known = new Map([...paths].map((path) => [path, stamp(path)]));
  let timer: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
  const look = (): void => {
    const different = [...known].find(([path, before]) => stamp(path) !== before);
    if (different === undefined) return;
    close();
    changed(basename(different[0]));
  };
  const watchers: FSWatcher[] = [...new Set([...paths].map((path) => dirname(path)))].map((folder) =>
    watch(folder, { persistent: false }, () => {
      clearTimeout(timer);
      timer = setTimeout(look, quiet);
    }),
  );
  return { close };
}

function stamp(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'missing' : `${stats.mtimeMs} ${stats.size}`;
}
