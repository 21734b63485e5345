import { describe, expect, it } from '@jest/globals';
import { clientNetwork } from './client-network.ts';

describe('the network that a client is counted as', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::192.0.2.7', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    [' 192.0.2.7 ', '192.0.2.7'],
    ['', ''],
    ['Unknown', 'unknown'],
  ])('is, for %j, %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });

  it('differs for addresses of two networks', () => {
    expect(clientNetwork('2001:db8:1:2::1')).not.toBe(clientNetwork('2001:db8:1:3::1'));
    expect(clientNetwork('::ffff:192.0.2.7')).not.toBe(clientNetwork('::ffff:192.0.2.8'));
  });
});
