import { isInUse } from '@outlay/testkit/host';
import { isKept, keptSecret } from './kept-secret.ts';
import { local } from './local-files.ts';

/** Under which name each is kept. */
const names = {
  SERVICE_CLIENT_SECRET: 'service-client',
  IDENTITY_ENCRYPTION_KEY: 'identity-encryption',
  LEDGER_SEAL_KEY: 'ledger-seal',
} as const;

/**
 * The secrets of the services for where the environment sets none. What a database holds opens by those alone that it was
 * begun with: new ones for an old database are refused, with which identity would not start and all seals look forged.
 */
export async function keptSecrets(databaseUrl: string): Promise<Record<keyof typeof names, string>> {
  const variables = Object.keys(names) as (keyof typeof names)[];
  const missing = variables.filter((variable) => !process.env[variable] && !isKept(names[variable]));
  if (missing.length > 0 && (await isInUse(databaseUrl))) {
    throw new Error(
      `The database is in use, and ${missing.join(', ')} not known here: set what it was begun with (a start keeps that in ` +
        `${local('secrets')}, as ${missing.map((variable) => names[variable]).join(', ')}), or take an empty database.`,
    );
  }
  return {
    SERVICE_CLIENT_SECRET: keptSecret(names.SERVICE_CLIENT_SECRET),
    IDENTITY_ENCRYPTION_KEY: keptSecret(names.IDENTITY_ENCRYPTION_KEY),
    LEDGER_SEAL_KEY: keptSecret(names.LEDGER_SEAL_KEY),
  };
}
