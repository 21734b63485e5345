import { toVisible } from '@outlay/platform';
import type { Purchase } from './file/parse-row.ts';
import { cut, nameLengthMax } from './file/row-text.ts';

/**
 * A purchase with names that can be seen, as the API asks of them: what a file writes invisibly, marks of writing direction
 * among it, is left out, and a name of nothing else is none. Comes after the keys of the row: which purchase it is, its file
 * says, so that what was imported before is known again.
 */
export function toVisiblePurchase(purchase: Purchase): Purchase {
  const { account } = purchase;
  const accountName = account && toVisible(account.name);
  const seen = {
    ...purchase,
    vendor: toVisible(purchase.vendor),
    category: toVisible(purchase.category),
    categoryPath: purchase.categoryPath.map(toVisible).filter((name) => name !== ''),
    project: toVisible(purchase.project),
    account: account && accountName ? { ...account, name: accountName } : undefined,
    tags: [...new Set(purchase.tags.map(toVisible).filter((tag) => tag !== ''))],
  };
  return { ...seen, title: toVisible(purchase.title) || titleOf(seen) };
}

function titleOf({ vendor, description, category }: Purchase): string {
  const [text] = description.split('\n', 1).map(toVisible);
  return vendor || cut(text ?? '', nameLengthMax) || category || 'Purchase without a name';
}
