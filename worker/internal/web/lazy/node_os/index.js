// What packages read of the system, without a description of the real one.
const constants = {
  signals: { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGUSR1: 10, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15 },
  errno: {},
  priority: { PRIORITY_LOW: 19, PRIORITY_BELOW_NORMAL: 10, PRIORITY_NORMAL: 0, PRIORITY_ABOVE_NORMAL: -7, PRIORITY_HIGH: -14, PRIORITY_HIGHEST: -20 },
};

export const module = {
  EOL: "\n",
  arch: () => "",
  availableParallelism: () => 1,
  constants,
  cpus: () => [],
  devNull: "/dev/null",
  endianness: () => "LE",
  freemem: () => 0,
  homedir: () => "/",
  hostname: () => "localhost",
  loadavg: () => [0, 0, 0],
  machine: () => "",
  networkInterfaces: () => ({}),
  platform: () => "linger",
  release: () => "",
  tmpdir: () => "/tmp",
  totalmem: () => 0,
  type: () => "Linger",
  uptime: () => 0,
  userInfo: () => ({ uid: -1, gid: -1, username: "", homedir: "/", shell: null }),
  version: () => "",
};
