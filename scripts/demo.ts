import { parseArgs } from 'node:util';
import { type DemoOptions, runDemo } from './demo/run-demo.ts';

const help = `Usage: npm run demo [-- --url http://localhost:8080] [-- file.csv ...]

Walks through the books on a platform that runs already (npm start), with a month of real card purchases: looks at the
file, imports it, shows the month, corrects a purchase, proves that the books balance and that nobody has touched them,
and takes the import back. Each run registers a tenant of its own.

  --url     where the platform is (http://localhost:8080, or at GATEWAY_PORT)
  file.csv  other files than the two that come with the project: the first is looked at closely

The platform admin of the demo data gives the tenant the plan that so many projects and accounts need. Where that person
is not there, PLATFORM_ADMIN_EMAIL and PLATFORM_ADMIN_PASSWORD name another.`;

const { values, positionals } = parseArgs({
  options: { url: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
});

if (values.help) {
  console.log(help);
} else {
  const { GATEWAY_PORT = '8080', PLATFORM_ADMIN_EMAIL, PLATFORM_ADMIN_PASSWORD } = process.env;
  const options: DemoOptions = {
    url: values.url ?? `http://localhost:${GATEWAY_PORT}`,
    files: positionals,
    admin: PLATFORM_ADMIN_EMAIL ? { email: PLATFORM_ADMIN_EMAIL, password: PLATFORM_ADMIN_PASSWORD ?? '' } : undefined,
    say: (line) => console.log(line),
  };
  try {
    await runDemo(options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
