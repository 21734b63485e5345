import { createOutlayClient, type OutlayClient } from '@outlay/client';
import { demo } from '../seed.ts';
import { correct, findDearest, showMonth, showTrialBalance, showVerification } from './books.ts';
import { importFile, lookAt, takeBack } from './imports.ts';
import { readSample, sampleFiles } from './sample-files.ts';
import { heading, type Say } from './text.ts';
import { verifyOffline } from './verify-offline.ts';

/** Whom the demo talks to, and about what. */
export interface DemoOptions {
  /** Where the platform is, without /api/v1. */
  url: string;
  /** Paths; none: those that come with the project. */
  files: readonly string[];
  /** Who gives the tenant its plan; undefined: the platform admin of the demo data. */
  admin: { email: string; password: string } | undefined;
  say: Say;
}

/** Walks through the books, and throws where one of them is not as it should be. */
export async function runDemo({ url, files, admin, say }: DemoOptions): Promise<void> {
  const samples = files.length > 0 ? files.map(readSample) : sampleFiles();
  const api = await newTenant(url, admin);
  const { data: tenant } = await api.get('/tenant');
  say(`A new tenant on ${url}: ${tenant.name} (${tenant.subdomain}), whose books are in ${tenant.settings.currency}.`);

  const [first, ...others] = samples;
  if (first === undefined) throw new Error('There is no file to import');
  await lookAt(api, first, say);
  const importId = await importFile(api, first, say);
  for (const other of others) await importFile(api, other, say);
  const dearest = await findDearest(api, importId);
  const month = dearest.expense_date.slice(0, 7);
  const before = await showMonth(api, month, say);
  await correct(api, dearest, say);
  await showMonth(api, month, say);
  await showTrialBalance(api, say);
  await showVerification(api, say);
  await verifyOffline(url, api, say);
  await takeBack(api, importId, say);
  const after = await showMonth(api, month, say);
  await showTrialBalance(api, say);
  if (before.count === 0 || after.count >= before.count) throw new Error('Taking the import back has changed nothing');
  say(heading('That was all'));
  say(`Log in as the owner to look around: ${ownerOf(tenant.subdomain)}, ${demo.password}.`);
}

const ownerOf = (subdomain: string): string => `owner@${subdomain}.example`;

/** A tenant of its own in pounds, on a plan that has room for what the files bring. */
async function newTenant(url: string, admin: DemoOptions['admin']): Promise<OutlayClient> {
  const api = createOutlayClient({ baseUrl: url });
  const subdomain = `demo-${Date.now().toString(36)}`;
  const credentials = { email: ownerOf(subdomain), password: demo.password };
  try {
    await api.post('/auth/register', {
      body: {
        name: 'Brook & Sons',
        subdomain,
        owner_email: credentials.email,
        owner_password: credentials.password,
        owner_first_name: 'Mara',
        owner_last_name: 'Brook',
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(`Nothing answers at ${url}. Start the platform first: npm start`, { cause: error });
  }
  const { tenant } = await api.logIn(credentials);
  await api.patch('/tenant', { body: { settings: { currency: 'GBP', timezone: 'Europe/London' } } });

  const operator = createOutlayClient({ baseUrl: url });
  await operator.logIn(admin ?? { email: demo.platformAdmin.email, password: demo.password });
  await operator.put('/admin/tenants/{id}/plan', { path: { id: tenant?.id ?? '' }, body: { plan: demo.tenant.plan } });
  await operator.logOut();
  return api;
}
