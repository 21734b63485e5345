import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SignedIn } from './outlay-client.ts';

export interface WriteReport {
  /** Keys of the writes that were answered 201. */
  acknowledged: string[];
  /** Keys of those that were answered otherwise or not at all. */
  unknown: string[];
  /** Status of each answer that was not 201, once each. */
  otherStatuses: Set<number>;
}

export interface SteadyWriter {
  /** Writes that were acknowledged so far. */
  acknowledged: () => number;
  /** Resolves when the write that is under way has ended. */
  stop: () => Promise<WriteReport>;
}

/** Records one expense of 1.00 after the other, each under its own idempotency key, until it is told to stop. */
export const startWriting = (tenant: SignedIn, expenseDate: string): SteadyWriter => {
  const report: WriteReport = { acknowledged: [], unknown: [], otherStatuses: new Set() };
  let isStopped = false;
  const done = (async () => {
    while (!isStopped) {
      const key = randomUUID();
      const status = await recordOne(tenant, key, expenseDate).catch(() => undefined);
      if (status === 201) report.acknowledged.push(key);
      else {
        report.unknown.push(key);
        if (status !== undefined) report.otherStatuses.add(status);
      }
      await delay(20);
    }
  })();
  return {
    acknowledged: () => report.acknowledged.length,
    stop: async () => {
      isStopped = true;
      await done;
      return report;
    },
  };
};

/** Records the expense of a key; the answer's status. */
export const recordOne = async (tenant: SignedIn, key: string, expenseDate: string): Promise<number> => {
  const expense = { amount: '1.00', currency: 'EUR', title: `Write ${key}`, expense_date: expenseDate };
  return (await tenant.call('POST', '/expenses', expense, { 'idempotency-key': key })).status;
};
