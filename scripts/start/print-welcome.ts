import { relative } from 'node:path';
import { type Infrastructure, repositoryRoot } from '@outlay/testkit/host';
import { demo } from '../seed.ts';
import { local } from './local-files.ts';

/** Where everything is, and how to log in where the demo accounts were made. */
export function printWelcome(
  gatewayUrl: string,
  infrastructure: Infrastructure,
  { seconds, hasDemo }: { seconds: number; hasDemo: boolean },
): void {
  const folder = (name: string) => `${relative(repositoryRoot, local(name)) || local(name)}/`;
  console.log(`
Outlay is ready (${seconds.toFixed(1)} s).

  API            ${gatewayUrl}/api/v1
  Documentation  ${gatewayUrl}/api/docs/swagger
  Database       ${hidePassword(infrastructure.databaseUrl)}${process.env.DATABASE_URL ? '' : ` (password: ${folder('secrets')}postgres)`}
  Logs, mail     ${folder('logs')}  ${folder('mail')}

${hasDemo ? howToLogIn(gatewayUrl) : '  There are no demo accounts: register a tenant, as the README shows.'}

Ctrl-C stops it.`);
}

const howToLogIn = (gatewayUrl: string): string =>
  `  Log in         ${[demo.owner, ...demo.members].map((person) => person.email).join(', ')} (tenant ${demo.tenant.subdomain})
                 ${demo.platformAdmin.email} (platform admin)
  Password       ${demo.password}

  curl -s ${gatewayUrl}/api/v1/auth/login -H 'content-type: application/json' \\
    -d '{"email": "${demo.owner.email}", "password": "${demo.password}"}'`;

function hidePassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
