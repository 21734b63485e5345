import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import type { Database } from '../src/index.ts';
import { createPlatformDatabase, type PlatformDatabase } from './support/database.ts';

let platform: PlatformDatabase;
let database: Database;

beforeAll(async () => {
  platform = await createPlatformDatabase();
  database = platform.open({ applicationName: 'listening' });
});
afterAll(() => platform.drop());

describe('listening', () => {
  it('hears what is sent on its channel, and nothing after it has stopped', async () => {
    const heard: string[] = [];
    const stop = await database.listen('news', (payload) => heard.push(payload));
    await platform.admin(`select pg_notify('news', 'one'), pg_notify('gossip', 'two')`);
    await eventually(() => expect(heard).toEqual(['', 'one']));
    await stop();
    await platform.admin(`select pg_notify('news', 'three')`);
    await database.ping();
    expect(heard).toEqual(['', 'one']);
  });

  it('listens again after its connection broke, and says that something may have been missed', async () => {
    const heard: string[] = [];
    const stop = await database.listen('news', (payload) => heard.push(payload));
    await platform.admin(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listening listen'`,
    );
    await eventually(() => expect(heard).toEqual(['', '']));
    await platform.admin(`select pg_notify('news', 'back')`);
    await eventually(() => expect(heard).toEqual(['', '', 'back']));
    await stop();
  });
});
