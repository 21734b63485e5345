import { createOutlayClient, OutlayProblem } from '@outlay/client';

const help = `Usage: npm run keys:rotate [-- --withdraw-old]

Has the platform sign access tokens with a new key. It is published for ten minutes before it signs, and the one before it
until its last token has ended: nobody notices. Keys are rotated by themselves every SIGNING_KEY_DAYS.

  --withdraw-old   after a leak: signs with the new key at once and withdraws all others. Within two minutes every access
                   token from before is refused; clients go on by refreshing, and nobody is logged out.

Reads:
  OUTLAY_URL                where the platform is (http://localhost:8080)
  PLATFORM_ADMIN_EMAIL      the platform admin who does it (platform@outlay.dev)
  PLATFORM_ADMIN_PASSWORD   their password; required
  PLATFORM_ADMIN_CODE       a code of their second factor, where it is on`;

const args = process.argv.slice(2);
const unknown = args.find((argument) => argument !== '--withdraw-old');
if (args.includes('--help') || args.includes('-h')) console.log(help);
else if (unknown !== undefined) fail(`keys:rotate takes no argument ${unknown}.\n\n${help}`);
else await rotate(args.includes('--withdraw-old'));

async function rotate(withdrawOld: boolean): Promise<void> {
  const {
    OUTLAY_URL: baseUrl = 'http://localhost:8080',
    PLATFORM_ADMIN_EMAIL: email = 'platform@outlay.dev',
    PLATFORM_ADMIN_PASSWORD: password,
    PLATFORM_ADMIN_CODE: code,
  } = process.env;
  if (!password) return fail('PLATFORM_ADMIN_PASSWORD is not set.');
  const outlay = createOutlayClient({ baseUrl });
  try {
    await outlay.logIn({ email, password, ...(code && { code }) });
    const { data } = await outlay.post('/admin/signing-keys/rotate', { body: { withdraw_old: withdrawOld } });
    console.log(
      withdrawOld
        ? `Key ${data.kid} signs. All keys before it are withdrawn.`
        : `Key ${data.kid} is published; it signs from ${data.signs_from} on.`,
    );
    // After a withdrawal the session's access token counts no more; its log-out is not worth a refresh.
    if (!withdrawOld) await outlay.logOut();
  } catch (error) {
    if (error instanceof OutlayProblem) fail(`${baseUrl} answered ${error.status} ${error.code}: ${error.message}`);
    else fail(`${baseUrl} cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fail(reason: string): void {
  console.error(reason);
  process.exitCode = 1;
}
