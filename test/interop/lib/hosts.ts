/** Hosts of a small network on this machine: network namespaces joined by a bridge (ip(8)). Needs root. Gone with the test. */
import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { LAB, start, python, type Peer } from './peer'

export interface Host {
  name: string
  /** its one interface, and the addresses on it */
  interface: string
  inet: string
  inet6: string
  /** a program on this host */
  start(command: string, args: readonly string[]): Peer
  lab(...args: string[]): Peer
  python(source: string, ...args: string[]): Peer
  ip(line: string): string
}

const ip = (line: string): string => execFileSync('ip', line.split(' '), { encoding: 'utf8' })
let made = 0

/** `count` hosts on one link, 10.77.0.1/24 and fd77::1/64 on. Settles when they reach each other. */
export async function hosts(count: number): Promise<Host[]> {
  const tag = `t${process.pid % 10_000}${made++}`
  const bridge = `${tag}br`
  const all = Array.from({ length: count }, (_, i): Host => {
    const name = `${tag}h${i + 1}`
    const inside = (command: string, args: readonly string[]): Peer => start('ip', ['netns', 'exec', name, command, ...args])
    return {
      name, interface: 'lab0', inet: `10.77.0.${i + 1}`, inet6: `fd77::${i + 1}`,
      start: inside,
      lab: (...args) => inside(process.execPath, [LAB, ...args]),
      python: (source, ...args) => inside(python(), ['-c', source, ...args]),
      ip: (line) => ip(`-n ${name} ${line}`),
    }
  })
  onTestFinished(() => {
    for (const { name } of all) tryIp(`netns del ${name}`)
    tryIp(`link del ${bridge}`)
  })
  ip(`link add ${bridge} type bridge mcast_snooping 0 forward_delay 0`)
  ip(`link set ${bridge} up`)
  for (const [i, host] of all.entries()) {
    ip(`netns add ${host.name}`)
    ip(`link add ${tag}p${i} type veth peer name lab0 netns ${host.name}`)
    ip(`link set ${tag}p${i} master ${bridge} up`)
    host.ip('link set lo up')
    host.ip(`addr add ${host.inet}/24 broadcast + dev lab0`)
    host.ip(`addr add ${host.inet6}/64 dev lab0 nodad`)
    execFileSync('ip', ['netns', 'exec', host.name, 'sysctl', '-qw', 'net.ipv6.conf.lab0.accept_dad=0'])
    host.ip('link set lab0 up')
  }
  // a link-local address is tentative for a moment (RFC 4862, section 5.4), and nothing is sent from it until then
  for (const host of all) {
    const ping = host.start(python(), ['-c', READY, host.inet6])
    const { code } = await ping.finish()
    if (code !== 0) throw new Error(`${host.name} has no usable link-local address: ${ping.err}`)
  }
  return all
}

/** Waits until the interface has a link-local address that may be used. */
const READY = `
import subprocess, sys, time
for _ in range(100):
    out = subprocess.run(['ip', '-6', 'addr', 'show', 'dev', 'lab0', 'scope', 'link'], capture_output=True, text=True).stdout
    if 'inet6' in out and 'tentative' not in out: sys.exit(0)
    time.sleep(0.1)
sys.exit('still tentative')
`

function tryIp(line: string): void {
  try {
    execFileSync('ip', line.split(' '), { stdio: 'ignore' })
  } catch (error) {
    // what was never made need not be removed
    if (!(error instanceof Error)) throw error
  }
}
