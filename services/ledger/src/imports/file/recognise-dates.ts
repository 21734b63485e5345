import { type DateOrder, readDate, type WrittenDate } from './read-date.ts';
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
  add(cell: string): void;
  conclude(): DateFormat;
}

/** Earlier ones win where all rows fit both: 03/04/17 is the third of April unless another row cannot be day first. */
const orders: readonly DateOrder[] = ['dmy', 'mdy', 'ymd'];
const compactOrders: readonly DateOrder[] = ['ymd', 'dmy', 'mdy'];

/** Counts under which order how many rows are real dates; the order with the most is the file's. */
export function gatherDates(today: string): DateEvidence {
  const valid = new Map<string, number>();
  const shapes = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

  return {
    add(cell) {
      const written = readDate(cell);
      if (!written) return;
      count(shapes, shapeOf(written));
      if (written.kind !== 'numbers' && written.kind !== 'compact') return;
      if (written.kind === 'numbers' && written.numbers[0].length === 4) return;
      for (const order of orders) {
        if ('date' in resolveDate(written, order, today)) count(valid, `${written.kind} ${order}`);
      }
    },
    conclude() {
      const best = (kind: WrittenDate['kind'], ranked: readonly DateOrder[]): DateOrder =>
        ranked.reduce((winner, order) =>
          (valid.get(`${kind} ${order}`) ?? 0) > (valid.get(`${kind} ${winner}`) ?? 0) ? order : winner,
        );
      const order = best('numbers', orders);
      const compactOrder = best('compact', compactOrders);
      const [shape = ''] = [...shapes].reduce((most, entry) => (entry[1] > most[1] ? entry : most), ['', 0]);
      return { order, compactOrder, text: describe(shape, order, compactOrder) };
    },
  };
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
