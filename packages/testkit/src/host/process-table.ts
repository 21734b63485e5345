import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** One line of the table of processes. */
export type ProcessEntry = { parent: number; command: string };

/** What runs under a process number; undefined when nothing does. From /proc where there is one: small images have no `ps`. */
export function processEntry(pid: number): ProcessEntry | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return existsSync('/proc/self/stat') ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): ProcessEntry | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    // The second field, the name, is in brackets and may hold anything; the parent is the second field after it.
    const [, afterName = ''] = /^.*\)\s(.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { command, parent: Number(afterName.split(' ')[1]) };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): ProcessEntry | undefined {
  const { stdout } = spawnSync('ps', ['-ww', '-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' });
  const [, parent, command] = /^\s*(\d+)\s+(.*)$/.exec(stdout ?? '') ?? [];
  return command === undefined ? undefined : { parent: Number(parent), command };
}
