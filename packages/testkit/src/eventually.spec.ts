import { describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('answers what the assertion returned once it passes', async () => {
    let attempts = 0;

    const answer = await eventually(() => {
      attempts += 1;
      if (attempts < 3) throw new Error('not yet');
      return 'there';
    });

    expect(answer).toBe('there');
    expect(attempts).toBe(3);
  });

  it('throws the last error of an assertion that never passes', async () => {
    let attempts = 0;
    const assertion = () => {
      attempts += 1;
      throw new Error(`attempt ${attempts}`);
    };

    await expect(eventually(assertion, { timeoutMs: 60 })).rejects.toThrow(/^attempt \d+$/);
    expect(attempts).toBeGreaterThan(1);
  });
});
