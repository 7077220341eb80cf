/** One source file as the rules see it. `path` is relative to the repository, with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** Modules named in import and export-from statements and in `import()`. */
  readonly imports: readonly string[];
}

/** What breaks a rule of the house, and where. */
export interface Breach {
  readonly rule: string;
  readonly path: string;
  readonly detail: string;
}

type Rule = (source: Source) => string | undefined;

const isTest = (path: string): boolean => path.endsWith('.test.ts');
const under = (path: string, ...folders: string[]): boolean => folders.some((folder) => path.startsWith(`${folder}/`));
const area = (path: string): string | undefined => /^shared\/([^/]+)\//.exec(path)?.[1];

/** Where a relative import leads, relative to the repository. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Files that hold pure rules: they must be provable without a network or a clock. */
const pure = /(^shared\/fhir\/(?!index)|\/(news2|chain|decide|tile|questionnaire|narrowing|matches)\.ts$)/;
const azureClient = /^(@azure\/(?!functions$)|applicationinsights$|@opentelemetry\/)/;

const rules: Record<string, Rule> = {
  'only shared/azure imports an Azure client': ({ path, imports }) =>
    under(path, 'functions', 'shared') && !under(path, 'shared/azure') && !isTest(path)
      ? imports.find((name) => azureClient.test(name))
      : undefined,
  'only functions/main.ts imports @azure/functions': ({ path, imports }) =>
    under(path, 'functions', 'shared') && path !== 'functions/main.ts'
      ? imports.find((name) => name === '@azure/functions')
      : undefined,
  'only functions/ imports durable-functions': ({ path, imports }) =>
    under(path, 'shared') ? imports.find((name) => /^durable-functions(\/|$)/.test(name)) : undefined,
  'functions/late-durable.ts alone loads durable-functions, and late': ({ path, text }) =>
    under(path, 'functions') &&
    (/^import (?!type\b)[^;]*'durable-functions/m.test(text) ||
      (path !== 'functions/late-durable.ts' && /import\('durable-functions/.test(text)))
      ? 'durable-functions'
      : undefined,
  'only a config file reads the environment': ({ path, text }) =>
    under(path, 'functions', 'shared') && path !== 'shared/config.ts' && !isTest(path) && /process\.env/.test(text)
      ? 'process.env'
      : undefined,
  'functions/ and shared/ know nothing of local/': ({ path, imports }) =>
    under(path, 'functions', 'shared') && !isTest(path)
      ? imports.find((name) => resolveImport(path, name)?.startsWith('local/'))
      : undefined,
  'local/ knows nothing of the application': ({ path, imports }) =>
    under(path, 'local')
      ? imports.find((name) => /^(functions|shared|demo|web)\//.test(resolveImport(path, name) ?? ''))
      : undefined,
  "areas reach each other through an area's index": ({ path, imports }) =>
    under(path, 'functions', 'shared') && !isTest(path)
      ? imports.find((name) => {
          const target = resolveImport(path, name);
          const other = target === undefined ? undefined : area(target);
          return (
            target !== undefined &&
            other !== undefined &&
            other !== 'azure' &&
            other !== area(path) &&
            !(other === 'http' && path === 'shared/http.ts') &&
            target !== `shared/${other}/index.ts`
          );
        })
      : undefined,
  'pure rules import no input or output': ({ path, imports }) =>
    pure.test(path) && !isTest(path)
      ? imports.find((name) => /^node:(fs|net|http|https|child_process)|^@azure|\/azure\//.test(name))
      : undefined,
  'routes are registered by functions/main.ts alone': ({ path, text }) =>
    under(path, 'functions', 'shared') &&
    path !== 'functions/main.ts' &&
    /\bapp\.(http|get|post|put|deleteRequest)\(/.test(text)
      ? 'app.http'
      : undefined,
  'the bundle is CommonJS: no import.meta': ({ path, text }) =>
    under(path, 'functions', 'shared') && !isTest(path) && /import\.meta/.test(text) ? 'import.meta' : undefined,
};

/** All breaches of the house's rules. */
export function findBreaches(sources: readonly Source[]): Breach[] {
  const single = sources.flatMap((source) =>
    Object.entries(rules).flatMap(([rule, check]) => {
      const detail = check(source);
      return detail === undefined ? [] : [{ rule, path: source.path, detail }];
    }),
  );
  return [...single, ...findCycles(sources)];
}

/** Import cycles, each named once by its first file. */
function findCycles(sources: readonly Source[]): Breach[] {
  const edges = new Map(
    sources.map(({ path, imports }) => [path, imports.flatMap((name) => resolveImport(path, name) ?? [])]),
  );
  const breaches: Breach[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      breaches.push({ rule: 'no import cycles', path, detail: [...trail.slice(start), path].join(' -> ') });
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return breaches;
}
