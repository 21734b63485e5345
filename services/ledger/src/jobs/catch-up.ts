import type { Component, Logger, TenantId } from '@outlay/platform';

/** Brings something of tenants up to the present in the background. */
export interface CatchUp extends Component {
  /** Somebody has read more of a tenant's that lies behind than readers should have to. */
  wake(tenantId: TenantId): void;
}

/**
 * Takes the steps of one tenant after the other, for those it was woken for; `step` answers whether there are more. Nobody
 * waits for it: where a step fails it is logged as `failure`, and the next reader wakes it again.
 */
export function createCatchUp(options: {
  step: (tenantId: TenantId) => Promise<boolean>;
  failure: string;
  logger: Logger;
}): CatchUp {
  const { step, failure, logger } = options;
  const waiting = new Set<TenantId>();
  let isStopped = false;
  let running: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (const tenantId of waiting) {
      try {
        while (!isStopped && (await step(tenantId)));
      } catch (error) {
        logger.warn({ error, tenant_id: tenantId }, failure);
      }
      waiting.delete(tenantId);
    }
    running = undefined;
  }

  return {
    wake(tenantId) {
      if (isStopped) return;
      waiting.add(tenantId);
      running ??= work();
    },
    async start() {
      isStopped = false;
    },
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
