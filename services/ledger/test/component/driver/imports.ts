import { expect } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import type { CallerContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { type Described, uploadOf } from '../import-driver.ts';
import type { TestLedger } from './start-ledger.ts';

/** Imports through the RPCs of a whole ledger. */
export function importsOf({ client }: Pick<TestLedger, 'client'>) {
  const start = (context: CallerContext, file: Buffer | string, described: Described = {}) =>
    client.startImport(context, uploadOf(Buffer.from(file), described), { deadlineMs: 30_000 });

  const finished = (
    context: CallerContext,
    importId: string,
    status = 'completed',
    timeoutMs = 30_000,
  ): Promise<ledger.Import> =>
    eventually(
      async () => {
        const answer = await client.getImport(context, { importId });
        expect(answer.import!.status).toBe(status);
        return answer.import!;
      },
      { timeoutMs },
    );

  return {
    ...{ start, finished },
    take: async (context: CallerContext, file: Buffer | string): Promise<ledger.Import> =>
      finished(context, (await start(context, file)).import!.id),
    /** Looks at a file and books nothing. */
    preview: async (context: CallerContext, file: Buffer | string): Promise<ledger.Import> =>
      finished(context, (await start(context, file, { dryRun: true })).import!.id, 'previewed'),
    rowsOf: async (context: CallerContext, importId: string, fate = ''): Promise<ledger.ImportRow[]> =>
      (await client.listImportRows(context, { importId, fate, page: undefined })).rows,
  };
}

/** Six rows, of which the second, the fourth and the sixth cannot be booked. */
export const threeBad = `Date;Merchant;Amount;Currency;Category;Project;Card
01/02/2024;office depot;12.50;EUR;Stationery;Library;**1
32/02/2024;office depot;12.50;EUR;Stationery;Library;**1
03/02/2024;"the
bakery";1.20;EUR;Food;Library;**2
04/02/2024;office depot;a lot;EUR;Stationery;Library;**1
05/02/2024;office depot;-12.50;EUR;Stationery;Library;**1
06/02/2024;office depot;12.50;XQX;Stationery;Library;**1
`;
