import { type DateOrder, readDate, type WrittenDate } from './read-date.ts';
import { remember } from './remember.ts';
import { resolveDate } from './resolve-date.ts';

/** How a file writes its dates. */
export interface DateFormat {
  /** Order of three separated numbers. */
  order: DateOrder;
  /** Order of eight digits in a row. */
  compactOrder: DateOrder;
  /** For people: `DD/MM/YY`, `D MMM YYYY`. Empty where there is no date. */
  text: string;
}

/** Collects the dates of all rows, then tells the format. */
export interface DateEvidence {
  /** Answers whether it is one. */
  add(cell: string): boolean;
  conclude(): DateFormat;
}

/** Earlier ones win where all rows fit both: 03/04/17 is the third of April unless another row, or the tenant, puts the month first. */
const orders: readonly DateOrder[] = ['dmy', 'mdy', 'ymd'];
const monthFirst: readonly DateOrder[] = ['mdy', 'dmy', 'ymd'];
const compactOrders: readonly DateOrder[] = ['ymd', 'dmy', 'mdy'];

/**
 * Counts under which order how many rows are real dates; the order with the most is the file's. Where as many fit both,
 * `usual` says whether the day or the month comes first.
 */
export function gatherDates(today: string, usual?: DateOrder): DateEvidence {
  const valid = new Map<string, number>();
  const shapes = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

  const evidenceOf = remember((cell) => {
    const written = readDate(cell);
    return written ? { shape: shapeOf(written), validAs: ordersOf(written, today) } : null;
  });

  return {
    add(cell) {
      const evidence = evidenceOf(cell);
      if (!evidence) return false;
      count(shapes, evidence.shape);
      for (const kindAndOrder of evidence.validAs) count(valid, kindAndOrder);
      return true;
    },
    conclude() {
      const best = (kind: WrittenDate['kind'], ranked: readonly DateOrder[]): DateOrder =>
        ranked.reduce((winner, order) =>
          (valid.get(`${kind} ${order}`) ?? 0) > (valid.get(`${kind} ${winner}`) ?? 0) ? order : winner,
        );
      const order = best('numbers', usual === 'mdy' ? monthFirst : orders);
      const compactOrder = best('compact', compactOrders);
      const [shape = ''] = [...shapes].reduce((most, entry) => (entry[1] > most[1] ? entry : most), ['', 0]);
      return { order, compactOrder, text: describe(shape, order, compactOrder) };
    },
  };
}

/** The orders under which it is a date, where the order is open, each with its kind. */
function ordersOf(written: WrittenDate, today: string): string[] {
  if (written.kind !== 'numbers' && written.kind !== 'compact') return [];
  if (written.kind === 'numbers' && written.numbers[0].length === 4) return [];
  return orders
    .filter((order) => 'date' in resolveDate(written, order, today))
    .map((order) => `${written.kind} ${order}`);
}

function shapeOf(written: WrittenDate): string {
  if (written.kind === 'named') return `named ${written.year.length}`;
  if (written.kind !== 'numbers') return written.kind;
  const [first, , third] = written.numbers;
  return first.length === 4 ? `iso ${written.separator}` : `numbers ${written.separator}${third.length}`;
}

function describe(shape: string, order: DateOrder, compactOrder: DateOrder): string {
  const parts = (from: DateOrder, year: string): string[] =>
    [...from].map((part) => ({ d: 'DD', m: 'MM', y: year })[part] ?? part);
  const [kind, ...rest] = shape.split(' ');
  const detail = rest.join(' ');
  switch (kind) {
    case 'numbers':
      return parts(order, detail.endsWith('4') ? 'YYYY' : 'YY').join(detail.slice(0, -1));
    case 'iso':
      return parts('ymd', 'YYYY').join(detail);
    case 'compact':
      return parts(compactOrder, 'YYYY').join('');
    case 'named':
      return detail === '4' ? 'D MMM YYYY' : 'D MMM YY';
    case 'serial':
      return 'day number';
    default:
      return '';
  }
}
