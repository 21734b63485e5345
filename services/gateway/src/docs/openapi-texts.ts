/** The prose of the OpenAPI document: what holds for all operations. */
export const apiDescription = `
Record what a company spends, import it, and read it back as figures.

**Signing in.** \`POST /api/v1/auth/register\` makes a tenant and its owner, \`POST /api/v1/auth/login\` answers an access token
(an hour) and a refresh token (30 days). Send the access token as \`Authorization: Bearer ...\`.

**Tenants.** A token is for one tenant. \`X-Tenant-Id\` (its id or subdomain), or the subdomain of the host, choose it at log-in;
where they are sent with a token they must agree with it (403 \`tenant_mismatch\`). A tenant that does not exist is 404
\`tenant_not_found\`. What belongs to another tenant is 404, as if it did not exist.

**Money** is decimal text with a currency: \`"amount": "125.50", "currency": "EUR"\`. JSON numbers are refused, and so are more
decimals than the currency has. Refunds are negative.

**Dates.** \`expense_date\` is a date of the calendar without a zone; instants are UTC.

**Lists** are paged: \`limit\` (50, at most 200) and \`cursor\`; the answer is \`{"data": [...], "pagination": {...}}\`. Go on with
\`pagination.next_cursor\` until it is null. Pages do not shift when entries are added.

**Trying again.** Give each write an \`Idempotency-Key\` of your own making. The same key with the same request has one effect and
gets the first answer again, with \`Idempotent-Replayed: true\`; with another request it is 422 \`idempotency_key_reused\`.
On 429 and 503 wait for \`Retry-After\` seconds.

**Changing.** Answers with a \`version\` carry it as \`ETag\`. Send it back as \`If-Match\` and nobody's change is lost: 412
\`version_mismatch\` says that somebody was faster.

**Bodies** are JSON in UTF-8 of at most 100 kB (files for import: 20 MB). Unknown fields are refused. Unreadable JSON is 400,
another media type 415, a body that is too large 413, fields that are not valid 422 with one entry per field.

**Errors** are problem documents (RFC 9457, \`application/problem+json\`) with a stable \`code\` and a \`trace_id\`.

**Limits.** Answers may carry \`RateLimit\` and \`RateLimit-Policy\`: what is left to you in this minute.

A trailing slash is accepted everywhere. \`X-Request-Id\` is taken over if you send one, and always returned.
`.trim();

export const tags = [
  { name: 'Sign-in', description: 'Sessions and who holds them.' },
  { name: 'People', description: 'The person behind the token.' },
  { name: 'Tenant', description: 'The company and its settings.' },
  { name: 'Plans', description: 'What a tenant may use.' },
  { name: 'Categories', description: 'What expenses are for.' },
  { name: 'Accounts', description: 'What expenses are paid from.' },
  { name: 'Projects', description: 'Whom or what expenses are made for.' },
  { name: 'Expenses', description: 'Money that was spent, or came back.' },
  { name: 'Imports', description: 'Files of expenses.' },
  { name: 'Reports', description: 'Figures.' },
  { name: 'Notifications', description: 'What left the platform by itself.' },
  { name: 'Platform', description: 'For those who run it.' },
];

/** Without examples: Swagger UI would fill them in, and the second try would meet the key of the first. */
export const parameters = {
  TenantId: {
    name: 'X-Tenant-Id',
    in: 'header',
    required: false,
    description: 'The tenant, by id or subdomain such as `acme`. With a token it must be that of the token.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'A key of your own making, such as a UUID, of 1 to 255 printable ASCII characters: it has one effect.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The ETag that you have seen, such as `"1"`, or `*`. Left away: any version will do.',
    schema: { type: 'string' },
  },
} as const;

export const responseHeaders = {
  RequestId: { description: 'Under which the request is logged.', schema: { type: 'string' } },
  ETag: { description: 'The version, for If-Match.', schema: { type: 'string' }, example: '"1"' },
  Location: { description: 'Where it is found from now on.', schema: { type: 'string' } },
  IdempotentReplayed: {
    description: '`true` where this is the answer to an earlier request with the same key.',
    schema: { type: 'string', enum: ['true'] },
  },
  RetryAfter: { description: 'Seconds to wait.', schema: { type: 'integer' } },
} as const;
