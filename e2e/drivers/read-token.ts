/** What the header of an access token says; nothing is verified. */
export const headerOf = (token: string): { kid: string } => partOf(token, 0);

/** What its claims say. */
export const claimsOf = (token: string): { sid: string } => partOf(token, 1);

const partOf = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());
