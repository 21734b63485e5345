/** When everything that the fakes tell of happened. */
export const at = new Date('2025-01-15T10:30:00.000Z');

/** Of a list that ends with it. */
export const page = { nextCursor: '', hasMore: false, limit: 50 };
