import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Config, createConfig, lintFromString } from '@redocly/openapi-core';
import { routes } from '../routes/index.ts';
import { openApiDocument } from './openapi-document.ts';

const document = openApiDocument(routes);

describe('The OpenAPI document', () => {
  let config: Config;
  beforeAll(async () => {
    config = await createConfig({
      extends: ['recommended-strict'],
      rules: {
        // Outlay is not given away.
        'info-license': 'off',
        'no-invalid-media-type-examples': 'error',
        'no-invalid-parameter-examples': 'error',
        'no-invalid-schema-examples': 'error',
        'no-unused-components': 'error',
        'operation-description': 'error',
        'operation-singular-tag': 'error',
        'operation-tag-defined': 'error',
        'parameter-description': 'error',
        'tag-description': 'error',
      },
    });
  });

  /** What a linter of OpenAPI 3.1 has to say. */
  async function faultsIn(given: object): Promise<string[]> {
    const source = JSON.stringify(given);
    const found = await lintFromString({ source, absoluteRef: 'openapi.json', config });
    return found.map(({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`);
  }

  it('is sound OpenAPI 3.1, whose examples fit their schemas', async () => {
    expect(await faultsIn(document)).toEqual([]);
  });

  it('is really looked at', async () => {
    const { paths } = structuredClone(document) as { paths: Record<string, Record<string, Record<string, unknown>>> };
    paths['/api/v1/plans']!.get!.description = undefined;
    paths['/api/v1/plans']!.get!.tags = ['Unheard of'];

    expect((await faultsIn({ ...document, paths })).map((fault) => fault.split(' ')[0]).sort()).toEqual([
      'operation-description',
      'operation-tag-defined',
    ]);
  });

  it('says of every operation who may call it', () => {
    for (const operations of Object.values(document.paths as Record<string, Record<string, { description: string }>>)) {
      for (const { description } of Object.values(operations)) {
        expect(description).toMatch(/Open to everyone|everyone who is signed in|platform admin|Roles|API keys/);
      }
    }
  });
});
