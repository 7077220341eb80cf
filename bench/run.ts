import { benchChain } from './chain.ts';

/** `npm run bench NAME`: runs one benchmark and prints its table. */
const benches: Readonly<Record<string, () => Promise<void>>> = { chain: benchChain };

const name = process.argv[2] ?? '';
const bench = benches[name];
if (bench === undefined) {
  console.error(`Which benchmark? One of: ${Object.keys(benches).join(', ')}. For example: npm run bench chain`);
  process.exitCode = 1;
} else await bench();
