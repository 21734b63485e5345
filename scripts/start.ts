import { start } from './start/start.ts';

const help = `Usage: npm start [-- --help]

Starts the whole platform on this machine and keeps it running until Ctrl-C.

What it runs on is decided by three variables. Unset, each part is embedded and keeps its data in .outlay/:
  DATABASE_URL   postgres://... of an administrator; its database is created where it does not exist
  AMQP_URL       amqp://... of a RabbitMQ
  REDIS_URL      redis://...

Also read:
  GATEWAY_PORT            where the API listens (8080)
  OUTLAY_POSTGRES_PORT    where the embedded PostgreSQL listens (chosen once, then kept)
  OUTLAY_DATA             where data and logs are kept (.outlay)
  OUTLAY_SEED=off         does not make the demo tenant (on: makes it on a server that others can reach, too)
  DATABASE_ROLE_SECRET    what the passwords of the services' roles are made from; needed where others can reach DATABASE_URL
  SERVICE_CLIENT_SECRET, IDENTITY_ENCRYPTION_KEY, LEDGER_SEAL_KEY
                          secrets of the services; unset, they are made once and kept in .outlay/secrets, and the
                          database they were made for opens with no others
  LOG_LEVEL               of the services (info)
  PUBLIC_URL              what the links in mails begin with (where the API listens)
  OTEL_EXPORTER_OTLP_ENDPOINT        where traces go
  MAILGUN_API_KEY, MAILGUN_DOMAIN    send mail instead of writing it to .outlay/mail

Delete .outlay/ to begin anew; with a DATABASE_URL, that database too.`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(help);
} else if (args.length > 0) {
  console.error(`npm start takes no argument ${args[0]}.\n\n${help}`);
  process.exitCode = 1;
} else {
  await start();
}
