import type { Bus } from '../../../src/bus/bus.ts';
import type { QueueDefinition } from '../../../src/catalogue.ts';
import type { FaultProxy } from './fault-proxy.ts';

/** A server of one kind, for one test file, reached through a proxy that can be told to fail. */
export interface BusDriver {
  readonly proxy: FaultProxy;
  /** A bus on the server, as one process would make it; not started. */
  createBus(queues: readonly QueueDefinition[]): Bus;
  /** The variables by which another process makes its bus on the same server. */
  readonly environment: Record<string, string>;
  /** Makes the server end every connection of the buses. */
  killConnections(): Promise<void>;
  /** Removes what the buses made so far: a broker keeps only so many queues. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}
