import { benchChain } from './chain.ts';
import { benchGrowth } from './growth.ts';
import { benchLocal } from './local.ts';
import { benchRecords } from './records.ts';
import { benchValidation } from './validation.ts';

/** `npm run bench NAME [PART…]`: runs one benchmark and prints its table. */
const benches: Readonly<Record<string, (rest: readonly string[]) => Promise<void>>> = {
  chain: benchChain,
  growth: benchGrowth,
  local: benchLocal,
  records: benchRecords,
  validation: benchValidation,
};

const [name = '', ...rest] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(`Which benchmark? One of: ${Object.keys(benches).join(', ')}. For example: npm run bench chain`);
  process.exitCode = 1;
} else await bench(rest);
