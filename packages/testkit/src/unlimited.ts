/** The environment of a gateway that counts nobody's requests, for runs that send more than anybody is allowed. */
export const unlimited = {
  RATE_LIMIT_TENANT: '0',
  RATE_LIMIT_USER: '0',
  RATE_LIMIT_KEY: '0',
  RATE_LIMIT_ADDRESS: '0',
  RATE_LIMIT_REFUSED_KEYS: '0',
} as const;
