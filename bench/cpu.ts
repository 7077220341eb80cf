import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ticksPerSecond = 100;

/** Processor time that each process of a running Wardline has used so far, ms by name (Linux; elsewhere empty). */
export function processorTimes(state: string): Map<string, number> {
  const times = new Map<string, number>();
  for (const file of readdirSync(join(state, 'run')).filter((name) => name.endsWith('.pid'))) {
    try {
      const pid = readFileSync(join(state, 'run', file), 'utf8').trim();
      // The name in brackets may hold spaces: what follows it is fields 3 and on (proc_pid_stat(5)).
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      times.set(file.replace('.pid', ''), ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond);
    } catch {
      // The process ended between two looks, or this is no Linux: the table then has no row for it.
    }
  }
  return times;
}
