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
  /** Where dates fit another order as well and mean other days by it: the one they are taken by and the other, as texts. */
  assumed?: { taken: string; other: string };
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
const compactMonthFirst: readonly DateOrder[] = ['ymd', 'mdy', 'dmy'];

/** Kinds of dates whose order is open, each with the orders of which the earlier wins. */
const openKinds = { numbers: [orders, monthFirst], compact: [compactOrders, compactMonthFirst] } as const;
type OpenKind = keyof typeof openKinds;

/**
 * Counts under which order how many rows are real dates; the order with the most is the file's. Where as many fit both,
 * `usual` says whether the day or the month comes first; where it says neither, the order is assumed.
 */
export function gatherDates(today: string, usual?: DateOrder): DateEvidence {
  const valid = new Map<string, number>();
  const differing = new Set<OpenKind>();
  const shapes = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

  const evidenceOf = remember((cell) => {
    const written = readDate(cell);
    return written ? { shape: shapeOf(written), ...readingsOf(written, today) } : null;
  });

  return {
    add(cell) {
      const evidence = evidenceOf(cell);
      if (!evidence) return false;
      count(shapes, evidence.shape);
      for (const kindAndOrder of evidence.validAs) count(valid, kindAndOrder);
      if (evidence.differs) differing.add(evidence.differs);
      return true;
    },
    conclude() {
      const validAs = (kind: OpenKind, order: DateOrder): number => valid.get(`${kind} ${order}`) ?? 0;
      const ranked = (kind: OpenKind): readonly DateOrder[] => openKinds[kind][usual === 'mdy' ? 1 : 0];
      const best = (kind: OpenKind): DateOrder =>
        ranked(kind).reduce((winner, order) => (validAs(kind, order) > validAs(kind, winner) ? order : winner));
      const order = best('numbers');
      const compactOrder = best('compact');
      const shape = mostOf(shapes);
      const assumedOf = (kind: OpenKind): DateFormat['assumed'] => {
        const taken = best(kind);
        const other = taken === 'dmy' ? 'mdy' : 'dmy';
        const isGuess = taken !== 'ymd' && taken !== usual && validAs(kind, taken) === validAs(kind, other);
        if (!isGuess || !differing.has(kind)) return undefined;
        const shapeOfKind = mostOf(shapes, kind);
        return { taken: describe(shapeOfKind, taken, taken), other: describe(shapeOfKind, other, other) };
      };
      const assumed = assumedOf('numbers') ?? assumedOf('compact');
      return { order, compactOrder, text: describe(shape, order, compactOrder), ...(assumed && { assumed }) };
    },
  };
}

/** The most common shape, of those that begin so. */
const mostOf = (shapes: ReadonlyMap<string, number>, kind = ''): string =>
  [...shapes]
    .filter(([shape]) => shape.startsWith(kind))
    .reduce((most, entry) => (entry[1] > most[1] ? entry : most), ['', 0])[0];

/**
 * The orders under which it is a date, where the order is open, each with its kind; and its kind where it is another day
 * with the month first. That two digits in front may be the year is left aside: it is so of nearly all days of a month.
 */
function readingsOf(written: WrittenDate, today: string): { validAs: string[]; differs?: OpenKind } {
  const { kind } = written;
  if (kind !== 'compact' && (kind !== 'numbers' || written.numbers[0].length === 4)) return { validAs: [] };
  const dateAs = (order: DateOrder): string | undefined => {
    const resolved = resolveDate(written, order, today);
    return 'date' in resolved ? resolved.date : undefined;
  };
  const validAs = orders.filter((order) => dateAs(order) !== undefined).map((order) => `${kind} ${order}`);
  // Dots stand in dates whose day comes first: there is nothing to guess.
  const isTold = kind === 'numbers' && written.separator === '.';
  return { validAs, ...(!isTold && dateAs('dmy') !== dateAs('mdy') && { differs: kind }) };
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
