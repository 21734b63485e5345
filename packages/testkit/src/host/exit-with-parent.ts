/**
 * A preload (`node --import`) for processes that must not outlive the one that started them, even when that one is
 * killed with SIGKILL and can tell nobody: the channel to it closes then, and this process stops as on SIGTERM.
 */
const forceAfterMs = 20_000;

if (process.channel !== undefined) {
  process.on('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), forceAfterMs).unref();
  });
  // Listening must not keep a process alive that has nothing else to do.
  process.channel.unref();
}
