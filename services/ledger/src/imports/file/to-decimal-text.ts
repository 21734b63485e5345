import type { WrittenNumber } from './read-number.ts';
import type { DecimalMark } from './recognise-decimals.ts';

/**
 * The number as plain decimal text such as `-1234.5`. Undefined where its separators do not fit the decimal mark of the
 * file: `12,50` in a file of decimal points is refused, never read as 1250.
 */
export function toDecimalText(written: WrittenNumber, decimalMark: DecimalMark): string | undefined {
  const [grouped = '', fraction = '', ...more] = written.body.split(decimalMark);
  if (more.length > 0 || !/^\d*$/.test(fraction)) return undefined;
  const whole = withoutGroups(grouped, decimalMark === '.' ? ',' : '.');
  if (whole === undefined || (whole === '' && fraction === '')) return undefined;
  const digits = whole.replace(/^0+(?=\d)/, '') || '0';
  return `${written.isNegative ? '-' : ''}${digits}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Groups are of three digits, or of two before the last one as in India; one kind of separator throughout. */
function withoutGroups(text: string, mark: ',' | '.'): string | undefined {
  if (/^\d*$/.test(text)) return text;
  const separator = /[^\d]/.exec(text)?.[0] ?? '';
  if (![mark, ' ', "'", '’', '_'].includes(separator)) return undefined;
  const groups = text.split(separator);
  const isGrouped = groups.every((group, index) =>
    index === 0
      ? /^\d{1,3}$/.test(group)
      : index === groups.length - 1
        ? /^\d{3}$/.test(group)
        : /^\d{2,3}$/.test(group),
  );
  return isGrouped ? groups.join('') : undefined;
}
