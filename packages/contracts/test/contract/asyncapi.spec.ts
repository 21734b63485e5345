import { Parser } from '@asyncapi/parser';
import { expect, it } from '@jest/globals';
import { asyncApiDocument, events } from '../../src/index.ts';

it('is a valid AsyncAPI 3 document with a channel for each event', async () => {
  const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApiDocument()));

  expect(diagnostics.filter((diagnostic) => diagnostic.severity === 0)).toEqual([]);
  expect(
    document
      ?.channels()
      .all()
      .map((channel) => channel.address())
      .sort(),
  ).toEqual(Object.keys(events).sort());
});

it('says of each message what it tells, in a line and at length, and does not repeat its type', () => {
  for (const [type, message] of Object.entries(asyncApiDocument().components.messages)) {
    expect(message).toMatchObject({
      summary: expect.stringMatching(/./),
      description: expect.stringMatching(/^[A-Z]/),
    });
    expect(message.description).not.toContain(`${type}:`);
  }
});
