/** A network of its own for a suite, so that two can run at once: ports, connections and groups belong to a whole machine. */
import { run } from './run.mjs'

// no server of names can be reached there: names are those of /etc/hosts, and others are unknown at once, as on a machine without a network;
// /sys tells of the network that it was mounted in; loopback, and a link with an address as a machine in a classroom has one; its other end answers nobody
const SETUP = [
  'names=$(mktemp)', 'sed "s/^hosts:.*/hosts: files/" /etc/nsswitch.conf > "$names"', 'mount --bind "$names" /etc/nsswitch.conf', 'rm "$names"',
  'mount -t sysfs none /sys', 'ip link set lo up', 'ip link add lab0 type veth peer name lab1', 'ip addr add 10.77.1.1/24 dev lab0',
  'ip link set lab0 up', 'ip link set lab1 up', 'ip route add default via 10.77.1.2', 'exec "$@"',
].join(' && ')
const inside = (command, args) => ['unshare', ['--net', '--mount', 'sh', '-c', SETUP, 'sh', command, ...args]]

/** Runs a program as `run` does, in a new network namespace (network_namespaces(7)). */
export const runApart = (command, args, options) => run(...inside(command, args), options)

/** Whether this machine and this user can: Linux, root, and a kernel that has them. */
export const canRunApart = async () =>
  process.platform === 'linux' && process.getuid() === 0 && (await runApart('true', [], { output: 'keep' })).code === 0
