/** How many sessions of one person are open at most: one more closes the one used longest ago. */
export const openSessionsMax = 100;

/** How long an access token is good for: what a stolen one is worth at most. */
export const accessTokenSeconds = 3_600;

/** How long a session can be chosen to live from its last refresh, in hours. */
export const sessionHoursChoices = [24, 720] as const;

/** How long it lives where nobody has chosen: outside any tenant, and in a new one. */
export const sessionHoursDefault = 720;

/**
 * How long a refresh token's direct predecessor is answered with the same successor again. Clients lose answers and
 * open two tabs; that is not theft.
 */
export const rotationGraceMs = 10_000;

/** Invitations and API keys that ended are listed this long. */
export const endedKeptMs = 90 * 24 * 3_600_000;

/** Tables of closed sessions keep this long, so that the reuse of an old token is still recognised. */
export const keptAfterEndMs = 7 * 24 * 3_600_000;
