// Loaded into a server of a test: it ends with the test's process, however that one ends, for then the pipe to its input closes.
// (Worker threads load it too, and have no input of their own.)
if (require('node:worker_threads').isMainThread)
  process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();
