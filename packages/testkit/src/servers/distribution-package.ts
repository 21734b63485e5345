import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
let queue: Promise<unknown> = Promise.resolve();

/** Installs a package on Debian and its descendants, as root. Answers false elsewhere. One at a time: apt locks itself. */
export function installPackage(name: string, report: (line: string) => void): Promise<boolean> {
  const result = queue.then(() => install(name, report));
  queue = result.catch(() => {});
  return result;
}

async function install(name: string, report: (line: string) => void): Promise<boolean> {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
  report(`Installing the package ${name} ...`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };
  try {
    await run('apt-get', ['install', '--yes', '--no-install-recommends', name], options);
  } catch {
    // The lists of packages may be missing or old.
    await run('apt-get', ['update'], options);
    await run('apt-get', ['install', '--yes', '--no-install-recommends', name], options);
  }
  return true;
}
