import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Completes package-lock.json with the packages of other platforms.
 *
 * npm leaves an optional dependency out of the lock file when the registry at hand does not serve it, as mirrors that
 * carry one platform do. `npm ci` then refuses the file as out of step, on every machine. The entries written here have
 * the exact version and the platform that the name says; npm installs them where that platform is.
 *
 *   node scripts/complete-lock.ts [--check]
 */
type Entry = {
  version?: string;
  cpu?: string[];
  libc?: string[];
  dev?: boolean;
  license?: string;
  optional?: boolean;
  os?: string[];
  optionalDependencies?: Record<string, string>;
};

const file = resolve(import.meta.dirname, '../package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> };
const missing = findMissing();
const names = Object.keys(missing);

if (names.length === 0) process.exit(0);
if (process.argv.includes('--check')) {
  console.error(
    `package-lock.json lacks ${names.length} packages of other platforms: run "node scripts/complete-lock.ts".`,
  );
  console.error(names.join('\n'));
  process.exit(1);
}
const [root, ...rest] = Object.entries(lock.packages);
const sorted = [...rest, ...Object.entries(missing)].sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root as [string, Entry], ...sorted]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.error(`Added ${names.length} packages of other platforms to package-lock.json.`);

function findMissing(): Record<string, Entry> {
  const found: Record<string, Entry> = {};
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(path, name) || !/^\d+\.\d+\.\d+/.test(version)) continue;
      found[`node_modules/${name}`] = {
        version,
        ...(entry.dev ? { dev: true } : {}),
        optional: true,
        ...platformOf(name),
      };
    }
  }
  return found;
}

/** The way Node finds a package: in the node_modules of the one that asks, then of each folder above it. */
function isLocked(from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (`${folder}${folder === '' ? '' : '/'}node_modules/${name}` in lock.packages) return true;
    if (folder === '') return false;
    if (!folder.includes('node_modules/')) return `node_modules/${name}` in lock.packages;
  }
}

function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const os = /(?:^|-|\/)(android|darwin|freebsd|linux|openharmony|win32)(?:-|$)/.exec(name)?.[1];
  const cpu = /-(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64)/.exec(name)?.[1];
  if (os === undefined || cpu === undefined) throw new Error(`${name} does not say which platform it is for`);
  const libc = name.includes('-musl')
    ? ['musl']
    : name.endsWith('-gnu') || name.endsWith('-gnueabihf')
      ? ['glibc']
      : undefined;
  return { cpu: [cpu], ...(libc === undefined ? {} : { libc }), os: [os] };
}
