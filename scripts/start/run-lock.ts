import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { processEntry } from '@outlay/testkit/host';
import { local } from './local-files.ts';

/** Keeps a second `npm start` off the same data. A lock whose process is gone, or is another program by now, is taken over. */
export function takeRunLock(): () => Promise<void> {
  const file = local('start.pid');
  if (existsSync(file)) {
    const pid = Number(readFileSync(file, 'utf8'));
    if (isStarter(pid)) {
      throw new Error(
        `Outlay runs already on this data (process ${pid}): stop it with Ctrl-C or "kill ${pid}", or set OUTLAY_DATA to another folder and GATEWAY_PORT to another port.`,
      );
    }
  }
  writeFileSync(file, String(process.pid));
  return async () => rmSync(file, { force: true });
}

function isStarter(pid: number): boolean {
  return pid !== process.pid && /bootstrap\.mjs|start\.ts/.test(processEntry(pid)?.command ?? '');
}
