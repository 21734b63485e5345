import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RabbitmqAdmin } from '../test-environment.ts';

const run = promisify(execFile);

/** Makes a virtual host that `user` may do everything in. */
export async function createVhost(admin: RabbitmqAdmin, name: string, user: string): Promise<void> {
  if (admin.kind === 'http') {
    await request(admin.url, 'PUT', `vhosts/${name}`, {});
    await request(admin.url, 'PUT', `permissions/${name}/${user}`, { configure: '.*', write: '.*', read: '.*' });
    return;
  }
  await control(admin, ['add_vhost', name]);
  await control(admin, ['set_permissions', '-p', name, user, '.*', '.*', '.*']);
}

/** Deletes a virtual host with its queues; who is connected to it is disconnected. */
export async function deleteVhost(admin: RabbitmqAdmin, name: string): Promise<void> {
  if (admin.kind === 'http') await request(admin.url, 'DELETE', `vhosts/${name}`);
  else await control(admin, ['delete_vhost', name]);
}

/** The names of all virtual hosts. */
export async function listVhosts(admin: RabbitmqAdmin): Promise<string[]> {
  if (admin.kind === 'http') {
    const vhosts = (await (await request(admin.url, 'GET', 'vhosts?columns=name')).json()) as { name: string }[];
    return vhosts.map((vhost) => vhost.name);
  }
  return (await control(admin, ['list_vhosts', 'name', '--no-table-headers'])).split('\n').filter(Boolean);
}

async function control(admin: RabbitmqAdmin & { kind: 'ctl' }, args: string[]): Promise<string> {
  const [command, ...before] = admin.command;
  const { stdout } = await run(command as string, [...before, '-q', ...args], {
    env: { ...process.env, ...admin.environment },
    timeout: 30_000,
  });
  return stdout;
}

async function request(base: string, method: string, path: string, body?: unknown): Promise<Response> {
  const url = new URL(base);
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;
  const response = await fetch(`${url.protocol}//${url.host}/api/${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`RabbitMQ management answered ${response.status} to ${method} ${path}`);
  return response;
}
