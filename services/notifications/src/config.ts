import { ConfigError, loadConfig, readAll, readServiceConfig, type ServiceConfig } from '@outlay/platform';
import { z } from 'zod';

/** Where mail goes. */
export type MailConfig = { from: string } & (
  | { provider: 'mailgun'; apiKey: string; domain: string; url: string | undefined }
  | { provider: 'outbox'; directory: string }
);

/** What notifications needs besides what every service reads. */
export type Config = ServiceConfig & {
  databaseUrl: string;
  /** Opens the tokens that identity has sealed for mails. */
  serviceClientSecret: string;
  /** Where people reach the platform, for the links in mails; without a slash at its end. */
  publicUrl: string;
  mail: MailConfig;
};

/** Reads the environment; throws ConfigError that names every variable that is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const needs = ['databaseUrl', 'serviceClientSecret', 'bus'] as const;
  const [config, { PUBLIC_URL: publicUrl }, mail] = readAll(
    () => readServiceConfig(env, { grpcPort: 50_054, opsPort: 9_104, needs }),
    () => loadConfig(linkVariables, env),
    () => readMailConfig(env),
  );
  return { ...config, publicUrl, mail };
}

/** Paths and tokens are put behind it, so it may hold a path but nothing that ends one. */
const linkVariables = z.object({
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .regex(/^[^\s?#@\\]+$/, 'must hold neither a user, a query nor a fragment')
    .default('http://localhost:8080')
    .transform((url) => url.replace(/\/+$/, '')),
});

const mailVariables = z.object({
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]+$/)
    .optional(),
  MAIL_OUTBOX_DIRECTORY: z.string().default('.outlay/mail'),
  MAILGUN_API_KEY: z.string().optional(),
  MAILGUN_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]+$/i, 'must be a domain')
    .optional(),
  MAILGUN_URL: z.url({ protocol: /^https?$/ }).optional(),
});

function readMailConfig(env: NodeJS.ProcessEnv): MailConfig {
  const read = loadConfig(mailVariables, env);
  const { MAILGUN_API_KEY: apiKey, MAILGUN_DOMAIN: domain } = read;
  if (Boolean(apiKey) !== Boolean(domain)) {
    throw new ConfigError(['MAILGUN_API_KEY, MAILGUN_DOMAIN: must both be set, or neither']);
  }
  const from = read.MAIL_FROM ?? `Outlay <no-reply@${domain ?? 'outlay.local'}>`;
  return apiKey && domain
    ? { from, provider: 'mailgun', apiKey, domain, url: read.MAILGUN_URL }
    : { from, provider: 'outbox', directory: read.MAIL_OUTBOX_DIRECTORY };
}
