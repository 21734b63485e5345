import { readdirSync, readFileSync } from 'node:fs';

// Linux counts CPU time in ticks of 1/100 s for user space whatever the kernel's own rate is.
const msPerTick = 10;

/** CPU time that a process has used so far, in ms; undefined where the system does not tell. */
export const cpuTimeMs = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name is in parentheses and may hold blanks; user and system time are the 12th and 13th field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * msPerTick;
  } catch {
    return undefined;
  }
};

/** CPU time of all PostgreSQL backends that serve a database, in ms. */
export const databaseCpuTimeMs = (databaseName: string): number | undefined => {
  try {
    return readdirSync('/proc')
      .filter(
        (entry) =>
          /^\d+$/.test(entry) &&
          commandLine(entry).startsWith('postgres: ') &&
          commandLine(entry).includes(` ${databaseName} `),
      )
      .reduce((sum, entry) => sum + (cpuTimeMs(Number(entry)) ?? 0), 0);
  } catch {
    return undefined;
  }
};

const commandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};
