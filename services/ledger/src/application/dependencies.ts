import type { Logger } from '@outlay/platform';
import type { TagTally } from '../jobs/tag-tally.ts';
import type { LedgerDatabase } from '../store/ledger-database.ts';
import type { TenantBooks } from './tenant-books.ts';

/** What use cases work with. */
export interface LedgerDependencies {
  database: LedgerDatabase;
  tenants: TenantBooks;
  /** Has the outbox looked at now, after a commit that notified nobody. */
  announce: () => void;
  tagTally: Pick<TagTally, 'wake'>;
  logger: Pick<Logger, 'warn'>;
}
