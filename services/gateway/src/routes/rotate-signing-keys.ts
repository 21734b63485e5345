import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { renderInstant } from '../schemas/common.ts';
import { rotatedSigningKeySchema, rotateSigningKeysBody } from '../schemas/sign-in.ts';

export const rotateSigningKeys = defineRoute({
  operationId: 'rotateSigningKeys',
  method: 'post',
  path: '/admin/signing-keys/rotate',
  summary: 'Sign access tokens with a new key',
  description:
    'The new key is published for ten minutes before it signs, and the one before it until its last token has ended: no ' +
    'token is refused. With `withdraw_old` it signs at once; within two minutes all earlier access tokens are refused ' +
    'everywhere, yours too, and everybody goes on by refreshing.',
  tags: ['Platform'],
  access: access.identity.rotateSigningKeys,
  request: { body: rotateSigningKeysBody, bodyExample: { withdraw_old: false }, bodyOptional: true },
  responses: {
    200: {
      description: 'The new key.',
      schema: rotatedSigningKeySchema,
      example: { kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs', signs_from: '2025-01-15T10:40:00.000Z' },
    },
  },
  async handle({ context, body, services }) {
    const rotated = await services.identity.rotateSigningKeys(context, { withdrawOld: body.withdraw_old });
    return {
      status: 200,
      body: { kid: rotated.kid, signs_from: renderInstant(rotated.signsFrom) },
      replayed: rotated.replayed,
    };
  },
});
