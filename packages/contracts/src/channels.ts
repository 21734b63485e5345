/**
 * The Redis channel on which gateways hear at once of what is revoked: one id a message, of a session or an API key.
 * Nobody relies on it: what was missed is in the list that identity answers.
 */
export const revokedSessionsChannel = 'outlay:revoked-sessions';
