import { conflict, type DomainError } from '@outlay/platform';

/**
 * The refusal to change what is not what the journal says: somebody has changed it behind the service's back, and whatever
 * were booked now would make that part of the books.
 */
export const booksDisagree = (what: 'expense' | 'account'): DomainError =>
  conflict(
    'books_disagree',
    `${shown[what]} is not what the journal says. Verify the journal: that names what is wrong`,
  );

const shown = { expense: 'The expense', account: 'The opening balance of the account' };
