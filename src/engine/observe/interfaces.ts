/** This machine's network interfaces, and when they change. */
import { networkInterfaces } from 'node:os'
import si from 'systeminformation'
import type { NetAddress, NetInterface } from '../../shared/contract/contract'
import { broadcastOf, classify, formatIPv4, formatIPv6, maskToPrefix, parseAddress } from '../../shared/net/address'
import { CHANGES, linuxInterfaces } from './interfaces-linux'
import { NETLINK_ROUTE, openNetlink } from './netlink'

/** How often we look whether something changed, milliseconds. On Linux that is one empty read of a netlink socket. */
const LOOK_EVERY = 500
const LOOK_EVERY_ELSEWHERE = 2000

/**
 * What Node tells everywhere: interfaces that are up and have an address. `index` is 0 where nothing says it (only a
 * link-local address carries it).
 */
export function nodeInterfaces(found: ReturnType<typeof networkInterfaces> = networkInterfaces()): NetInterface[] {
  return Object.entries(found).map(([name, infos]) => {
    const link: NetInterface = { name, index: 0, up: true, loopback: false, addresses: [] }
    for (const info of infos ?? []) {
      const bytes = parseAddress(info.address)?.bytes
      if (!bytes) continue
      link.loopback ||= info.internal
      if (!info.internal && info.mac !== '00:00:00:00:00:00') link.mac = info.mac
      const scope = classify(bytes)
      const prefix = maskToPrefix(parseAddress(info.netmask)?.bytes ?? new Uint8Array(bytes.length)) ?? 0
      const address: NetAddress = { family: bytes.length === 4 ? 'inet' : 'inet6', address: bytes.length === 4 ? formatIPv4(bytes) : formatIPv6(bytes), prefix, scope }
      if (info.family === 'IPv4') {
        address.netmask = info.netmask
        const broadcast = scope === 'loopback' ? undefined : broadcastOf(bytes, prefix)
        if (broadcast) address.broadcast = formatIPv4(broadcast)
      } else if (scope === 'link-local' && info.scopeid) {
        address.scopeId = info.scopeid
        link.index = info.scopeid
      }
      link.addresses.push(address)
    }
    return link
  })
}

/** Every interface that can be told without waiting: complete on Linux, elsewhere those with an address. */
export function listInterfaces(): NetInterface[] {
  return (process.platform === 'linux' ? linuxInterfaces() : undefined) ?? nodeInterfaces()
}

/** Adds what systeminformation knows of the interfaces that Node told of (MTU, carrier), and the interfaces without an address. */
export function mergeSystemInformation(links: NetInterface[], rows: readonly si.Systeminformation.NetworkInterfacesData[]): NetInterface[] {
  const merged = links.map((link) => {
    const row = rows.find((r) => r.iface === link.name)
    if (!row) return link
    const more: NetInterface = { ...link }
    if (typeof row.mtu === 'number' && row.mtu > 0) more.mtu = row.mtu
    if (row.operstate === 'up' || row.operstate === 'down') more.running = row.operstate === 'up'
    return more
  })
  for (const row of rows) {
    if (links.some((link) => link.name === row.iface)) continue
    const link: NetInterface = { name: row.iface, index: 0, up: row.operstate === 'up', loopback: row.internal, addresses: [] }
    if (row.operstate === 'up' || row.operstate === 'down') link.running = row.operstate === 'up'
    if (typeof row.mtu === 'number' && row.mtu > 0) link.mtu = row.mtu
    if (row.mac && !row.internal) link.mac = row.mac
    merged.push(link)
  }
  return merged
}

/** Every interface with every fact that this platform tells. Takes a second or two on Windows, nothing on Linux. */
export async function readInterfaces(): Promise<NetInterface[]> {
  const links = listInterfaces()
  if (process.platform === 'linux') return links
  const rows = await si.networkInterfaces()
  return mergeSystemInformation(links, Array.isArray(rows) ? rows : [rows])
}

/** Answers whether anything may have changed since it was last asked. */
function changeDetector(): { changed: () => boolean; every: number; close: () => void } {
  if (process.platform === 'linux') {
    const opened = openNetlink(NETLINK_ROUTE, CHANGES)
    if (opened.ok) return { changed: () => opened.netlink.drain(), every: LOOK_EVERY, close: () => opened.netlink.close() }
  }
  let last = JSON.stringify(networkInterfaces())
  return {
    changed() {
      const now = JSON.stringify(networkInterfaces())
      const differs = now !== last
      last = now
      return differs
    },
    every: LOOK_EVERY_ELSEWHERE,
    close: () => {},
  }
}

/**
 * Calls `onChange` with all interfaces whenever they differ from before: a cable, Wi-Fi, an address, up or down. Not
 * called at first. Ends with `signal`. `onError` is told of a failed look; the watch goes on.
 */
export function watchInterfaces(onChange: (interfaces: NetInterface[]) => void, signal: AbortSignal, onError: (error: unknown) => void): void {
  if (signal.aborted) return
  const detector = changeDetector()
  let last = JSON.stringify(listInterfaces())
  let reading = false
  const look = async (): Promise<void> => {
    if (reading || !detector.changed()) return
    reading = true
    try {
      const now = JSON.stringify(listInterfaces())
      if (now === last) return
      last = now
      const interfaces = await readInterfaces()
      if (!signal.aborted) onChange(interfaces)
    } catch (error) {
      onError(error)
    } finally {
      reading = false
    }
  }
  const timer = setInterval(() => void look(), detector.every)
  timer.unref()
  signal.addEventListener('abort', () => {
    clearInterval(timer)
    detector.close()
  }, { once: true })
}
