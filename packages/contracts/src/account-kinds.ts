/** What an account can be. */
export const accountKinds = ['cash', 'bank', 'card', 'loan', 'investment', 'other'] as const;

/** One of them. */
export type AccountKind = (typeof accountKinds)[number];
