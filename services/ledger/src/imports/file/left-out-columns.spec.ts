import { describe, expect, it } from '@jest/globals';
import { recogniseColumns } from './recognise-columns.ts';

const header = ['Date', 'Amount', 'Project', 'Cost centre', 'Merchant', 'Supplier'];

const fieldsOf = (given: Parameters<typeof recogniseColumns>[2]): Record<string, string> =>
  Object.fromEntries(recogniseColumns(header, [], given).map((column) => [column.header, column.field]));

describe('a column that is left out', () => {
  it('takes the field with it where that makes references', () => {
    expect(fieldsOf({})).toMatchObject({ Project: 'project' });
    expect(Object.values(fieldsOf({ Project: null }))).not.toContain('project');
    expect(Object.values(fieldsOf({ Project: null, 'Cost centre': null }))).not.toContain('project');
  });

  it('leaves the field to the column that has it, and to the one that is said to', () => {
    expect(fieldsOf({ 'Cost centre': null })).toMatchObject({ Project: 'project' });
    expect(fieldsOf({ Project: null, 'Cost centre': 'project' })).toMatchObject({ 'Cost centre': 'project' });
  });

  it('leaves other fields to the second best', () => {
    expect(fieldsOf({ Merchant: null })).toMatchObject({ Supplier: 'vendor' });
  });
});
