import { readFileSync } from 'node:fs';
import { flag } from './endpoints.ts';
import { tokenFor } from './token-for.ts';

/** `npm run -s token -- --user NAME` prints a bearer token alone; `--list [--json]` says who there is. */
interface User {
  readonly user: string;
  readonly role: string;
  readonly ward?: string;
  readonly trust: string;
}

if (process.argv.includes('--list')) {
  const users = JSON.parse(readFileSync('demo/users.json', 'utf8')) as User[];
  const rows = users.map(({ user, role, ward, trust }) => ({ name: user, role, ward: ward ?? '', trust }));
  if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
  else console.table(rows);
} else {
  const user = flag('user');
  try {
    if (user === undefined)
      throw new Error('Whose token? npm run -s token -- --user nurse.j09   (--list shows everybody)');
    console.log(await tokenFor(user));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
