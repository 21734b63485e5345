import { execFileSync, spawnSync } from 'node:child_process';

/** How a command is to be started so that it does not run as root. */
export type ServerAccount = {
  /** Put before the command. */
  prefix: string[];
  /** Who has to own the server's data. */
  owner?: { uid: number; gid: number };
  /** Whether the command is spawned as the owner. */
  spawnAsOwner: boolean;
};

/**
 * As whom to run a server that refuses to be root, as PostgreSQL does. An ordinary user runs it as they are. Root runs it
 * in a user namespace where root has another number: that works in any folder and needs no account. Where namespaces are
 * not allowed (in many containers), an account that is there anyway is used.
 */
export function serverAccount(): ServerAccount {
  if (process.getuid?.() !== 0) return { prefix: [], spawnAsOwner: false };
  const namespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];
  if (spawnSync(namespace[0] as string, [...namespace.slice(1), 'true'], { stdio: 'ignore' }).status === 0) {
    return { prefix: namespace, owner: { uid: 0, gid: 0 }, spawnAsOwner: false };
  }
  for (const name of ['postgres', 'nobody']) {
    const owner = accountIds(name);
    if (owner !== undefined) return { prefix: [], owner, spawnAsOwner: true };
  }
  throw new Error(
    'PostgreSQL does not run as root, and no account "postgres" or "nobody" is there to run it as: add one, or set DATABASE_URL.',
  );
}

function accountIds(name: string): { uid: number; gid: number } | undefined {
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}
