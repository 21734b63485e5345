import { afterAll, describe, expect, it } from '@jest/globals';
import { connect as connectAmqp } from 'amqplib';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createTestDatabase, createTestVhost, testRedisUrl } from '../../src/index.ts';
import { query } from '../query.ts';

describe('the servers of a test run', () => {
  const undo: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });

  it('gives each caller a database of its own', async () => {
    const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    undo.push(first.drop, second.drop);

    await query(first.adminUrl, 'create table only_here (id int)');

    await expect(query(second.adminUrl, 'select id from only_here')).rejects.toThrow(/does not exist/);
    await expect(query(first.adminUrl, 'select id from only_here')).resolves.toEqual([]);
  });

  it('gives each service role its own schema as the search path', async () => {
    const database = await createTestDatabase();
    undo.push(database.drop);

    const [row] = await query(database.urlFor('ledger'), 'select current_user, current_schema()');

    expect(row).toEqual({ current_user: 'outlay_ledger', current_schema: 'ledger' });
  });

  it('drops a database that is still connected to', async () => {
    const database = await createTestDatabase();
    const client = new pg.Client(database.adminUrl);
    client.on('error', () => {});
    await client.connect();

    await database.drop();

    await expect(query(database.adminUrl, 'select 1')).rejects.toThrow(/does not exist/);
    await client.end().catch(() => {});
  });

  it('gives each caller a virtual host of its own', async () => {
    const [first, second] = await Promise.all([createTestVhost(), createTestVhost()]);
    undo.push(first.drop, second.drop);
    const here = await connectAmqp(first.amqpUrl);
    const there = await connectAmqp(second.amqpUrl);
    undo.push(
      () => there.close(),
      () => here.close(),
    );

    await (await here.createChannel()).assertQueue('only-here');

    const channel = await there.createChannel();
    channel.on('error', () => {});
    await expect(channel.checkQueue('only-here')).rejects.toThrow(/NOT_FOUND/);
  });

  it('gives each worker a Redis database that is not the default one', async () => {
    const redis = new Redis(testRedisUrl());

    await redis.set('key', 'value', 'EX', 10);

    expect(new URL(testRedisUrl()).pathname).toMatch(/^\/[1-9]\d*$/);
    expect(await redis.get('key')).toBe('value');
    redis.disconnect();
  });
});
