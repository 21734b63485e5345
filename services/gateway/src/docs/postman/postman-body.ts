import type { Json, Operation } from './api-document.ts';

/** A tenant that was just registered keeps its books in USD, where the amount of the example needs no rate. */
const inOwnCurrency = { exchange_rate: undefined };

/** A tenant that was just registered has no category for another to be beneath. */
const atTheTop = { parent_id: undefined };

/** Fields that the example of the document cannot fill twice, that logging in knows better, or that a new tenant does not need. */
const fields: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  registerTenant: { subdomain: 'acme-{{$timestamp}}', owner_email: 'mara-{{$timestamp}}@acme.example' },
  logIn: { email: '{{email}}', password: '{{password}}' },
  createCategory: atTheTop,
  replaceCategory: atTheTop,
  recordExpense: inOwnCurrency,
  replaceExpense: inOwnCurrency,
};

/** The example body of a request (JSON bodies are objects), in which ids of things that the collection has made take the place of made-up ones. */
export function bodyOf(operation: Operation, remembered: ReadonlySet<string>): { body?: Json; contentType?: string } {
  const content = operation.requestBody?.content ?? {};
  const filled = (example: unknown) => ({ ...withVariables(example, remembered), ...fields[operation.operationId] });
  const json = content['application/json'];
  if (json)
    return { contentType: 'application/json', body: raw(JSON.stringify(filled(json.example), null, 2), 'json') };
  for (const [contentType, { example }] of Object.entries(content)) {
    if (typeof example === 'string') return { contentType, body: raw(example, 'text') };
  }
  return {};
}

function raw(text: string, language: string): Json {
  return { mode: 'raw', raw: text, options: { raw: { language } } };
}

function withVariables(example: unknown, remembered: ReadonlySet<string>): Json {
  const isKept = (name: string, value: unknown) =>
    typeof value === 'string' && (remembered.has(name) || name === 'refresh_token');
  const entries = Object.entries((example ?? {}) as Json);
  return Object.fromEntries(entries.map(([name, value]) => [name, isKept(name, value) ? `{{${name}}}` : value]));
}
