import type { Clock, Logger } from '@outlay/platform';
import type { Neighbours } from '../neighbours.ts';
import type { TenancyDatabase } from '../store/database.ts';

/** What the use cases work with. */
export interface TenancyDependencies {
  database: TenancyDatabase;
  neighbours: Neighbours;
  /** The secret that services prove themselves with; keys the hash of what must not be guessed from the database. */
  serviceClientSecret: string;
  clock: Clock;
  logger: Logger;
}
