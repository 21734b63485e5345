import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { enrolmentSchema } from '../schemas/person.ts';

export const enrollTotp = defineRoute({
  operationId: 'enrollTotp',
  method: 'post',
  path: '/users/me/totp',
  summary: 'Begin with a second factor',
  description:
    'Makes a secret for an authenticator app (TOTP, RFC 6238). It counts once it is confirmed with a code. ' +
    'The e-mail address has to be verified.',
  tags: ['Credentials'],
  access: access.identity.enrollTotp,
  responses: {
    200: {
      description: 'The secret, which is not shown again.',
      schema: enrolmentSchema,
      example: {
        secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
        otpauth_url:
          'otpauth://totp/Outlay:mara%40acme.example?issuer=Outlay&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30',
      },
    },
  },
  errors: ['user_not_found', 'email_not_verified', 'totp_enabled'],
  async handle({ context, services }) {
    const { secret, otpauthUrl, replayed } = await services.identity.enrollTotp(context, {});
    return { status: 200, body: { secret, otpauth_url: otpauthUrl }, replayed };
  },
});
