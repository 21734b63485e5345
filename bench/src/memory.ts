import { readFileSync } from 'node:fs';

/** The most memory that a process has held since it began, in MB as text; `?` where the system does not tell. */
export function peakMemoryMb(pid: number): string {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? '?' : (Number(kilobytes) / 1_024).toFixed(0);
  } catch {
    return '?';
  }
}
