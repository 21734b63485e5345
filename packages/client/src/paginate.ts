interface Page {
  pagination: { next_cursor: string | null };
}

/** Goes from page to page until there is none. */
export async function* pages<P extends Page>(
  read: (cursor: string | undefined) => Promise<P>,
  from: string | undefined,
): AsyncGenerator<P> {
  for (let cursor: string | null | undefined = from; cursor !== null; ) {
    const page: P = await read(cursor);
    yield page;
    cursor = page.pagination.next_cursor;
  }
}
