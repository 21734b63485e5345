import { spawn } from 'node:child_process';

/**
 * Runs a program that knows nothing of its parent (a database server, say) and stops it when the process that started
 * this one is gone: `node run-with-parent.ts '{"command": [...], "stopSignal": "SIGINT", "uid": 0, "gid": 0}'`.
 */
const { command, stopSignal, uid, gid } = JSON.parse(process.argv[2] ?? '') as {
  command: [string, ...string[]];
  stopSignal: NodeJS.Signals;
  uid?: number;
  gid?: number;
};
const [file, ...args] = command;
const child = spawn(file, args, {
  stdio: ['ignore', 'inherit', 'inherit'],
  ...(uid === undefined ? {} : { uid, gid }),
});
child.on('error', (error) => {
  process.stderr.write(`${file}: ${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));

const stop = () => child.kill(stopSignal);
process.on('disconnect', stop);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
