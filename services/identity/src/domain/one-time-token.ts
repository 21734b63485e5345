/** How long a mailed token is good for, by what it is for, in milliseconds. */
export const tokenLifetimeMs = {
  email_verification: 24 * 3_600_000,
  email_change: 24 * 3_600_000,
  password_reset: 3_600_000,
} as const;

/** What a mailed token is good for. */
export type TokenPurpose = keyof typeof tokenLifetimeMs;
