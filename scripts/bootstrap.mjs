// Runs a TypeScript script of this repository on the Node that the repository brings along, after installing and
// generating what is missing. It is the one file that must run on Node 20 with nothing installed: plain JavaScript,
// no dependencies.
//
//   node scripts/bootstrap.mjs <script> [arguments...]

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const nodeBinary = join(root, 'node_modules', '.bin', 'node');
const [script, ...args] = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(
    `Node ${process.versions.node} is too old: install Node 20 or newer (the repository then brings its own Node 24).`,
  );
}
if (script === undefined) fail('Usage: node scripts/bootstrap.mjs <script> [arguments...]');
process.chdir(root);
if (isInstallOutdated()) install();
await runOnOwnNode();

/** Outdated: the lock file is newer than the install, and differs from the one that the install was made from. */
function isInstallOutdated() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (!existsSync(installed) || !existsSync(nodeBinary)) return true;
  if (statSync(lock).mtimeMs <= statSync(installed).mtimeMs + 2_000) return false;
  const marker = join(root, 'node_modules', '.outlay-installed');
  return (
    !existsSync(marker) ||
    readFileSync(marker, 'utf8') !== createHash('sha256').update(readFileSync(lock)).digest('hex')
  );
}

function install() {
  console.error('Installing dependencies (npm ci); the first time this takes a minute ...');
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, OUTLAY_INSTALLING: '1' },
  });
  if (status !== 0 || !existsSync(nodeBinary)) {
    fail(
      `npm ci failed${error ? ` (${error.message})` : ''}. Its output is above. Check the network and the npm registry settings ` +
        '("npm config get registry"), then run this again.',
    );
  }
}

/** In this process where it is new enough already, so that signals reach the script directly; else this file again in a child. */
async function runOnOwnNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    const { generate } = await import('./generate.ts');
    await generate((line) => console.error(line)).catch((error) => fail(error.message));
    process.argv = [process.argv[0], join(root, script), ...args];
    await import(pathToFileURL(process.argv[1]).href);
    return;
  }
  const child = spawn(nodeBinary, [fileURLToPath(import.meta.url), script, ...args], { stdio: 'inherit' });
  child.on('error', (error) =>
    fail(`${nodeBinary} does not start: ${error.message}. Delete node_modules and run this again.`),
  );
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? code : 1;
  });
  // A terminal sends Ctrl-C to the child as well; a signal sent to this process alone has to be passed on.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
