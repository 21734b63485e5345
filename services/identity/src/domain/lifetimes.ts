/** How long an access token is good for: what a stolen one is worth at most. */
export const accessTokenSeconds = 3_600;

/** How long a refresh token is good for; each rotation begins anew. */
export const refreshTokenMs = 30 * 24 * 3_600_000;

/**
 * How long a refresh token's direct predecessor is answered with the same successor again. Clients lose answers and
 * open two tabs; that is not theft.
 */
export const rotationGraceMs = 10_000;

/** Tables of closed sessions keep this long, so that the reuse of an old token is still recognised. */
export const keptAfterEndMs = 7 * 24 * 3_600_000;
