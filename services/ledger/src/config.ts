import { loadConfig, readAll, readServiceConfig, type ServiceConfig } from '@outlay/platform';
import { z } from 'zod';

/** What the ledger needs besides what every service may read. */
export type Config = ServiceConfig & {
  databaseUrl: string;
  serviceClientSecret: string;
  /** 32 secret bytes in hex: the journal's seals are signed with a key made of them. */
  sealKey: string;
  /** Public keys in hex that earlier seals were signed with. */
  retiredSealKeys: string[];
  /** Where the European Central Bank's rates are fetched from; undefined: they are not. */
  ecbRatesUrl: string | undefined;
};

const keyOf = (what: string) => z.string({ error: `is required: ${what}` }).regex(/^[0-9a-f]{64}$/, `must be ${what}`);

const ownVariables = z.object({
  ECB_RATES_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  LEDGER_SEAL_KEY: keyOf('64 hexadecimal digits, such as of openssl rand -hex 32'),
  LEDGER_SEAL_RETIRED_KEYS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((key) => key.trim() || []))
    .pipe(z.array(keyOf('public keys of 64 hexadecimal digits each, with commas between them'))),
});

/** Reads the environment; throws ConfigError that names every variable that is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const needs = ['databaseUrl', 'serviceClientSecret', 'bus'] as const;
  const [config, own] = readAll(
    () => readServiceConfig(env, { grpcPort: 50_053, opsPort: 9_103, needs }),
    () => loadConfig(ownVariables, env),
  );
  return {
    ...config,
    sealKey: own.LEDGER_SEAL_KEY,
    retiredSealKeys: own.LEDGER_SEAL_RETIRED_KEYS,
    ecbRatesUrl: own.ECB_RATES_URL,
  };
}
