/** Builds packets and capture files byte by byte, independent of what reads them. */
import { parseAddress } from '../../src/shared/net/address'

export interface TcpSpec {
  from: [host: string, port: number]
  to: [host: string, port: number]
  seq?: number
  ack?: number
  flags?: string
  window?: number
  options?: number[]
  payload?: Uint8Array
  /** what stands in the checksum's field: computed, the pseudo-header's sum alone, or wrong */
  checksum?: 'good' | 'offloaded' | 'bad'
}

const BITS: Record<string, number> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 }
const u16 = (n: number): number[] => [(n >>> 8) & 255, n & 255]
const u32 = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
const bytesOf = (host: string): Uint8Array => parseAddress(host)!.bytes

function sum(bytes: ArrayLike<number>, start = 0): number {
  let total = start
  for (let i = 0; i < bytes.length; i += 2) total += (bytes[i]! << 8) | (bytes[i + 1] ?? 0)
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return total
}

/** An IP packet, version by the addresses. `extension`: a hop-by-hop header before the payload (IPv6). */
export function ip(proto: number, from: string, to: string, payload: Uint8Array, extension = false): Uint8Array {
  const a = bytesOf(from)
  const b = bytesOf(to)
  if (a.length === 16) {
    const extra = extension ? [proto, 0, 1, 4, 0, 0, 0, 0] : []
    return Uint8Array.from([0x60, 0, 0, 0, ...u16(payload.length + extra.length), extension ? 0 : proto, 64, ...a, ...b, ...extra, ...payload])
  }
  const head = [0x45, 0, ...u16(20 + payload.length), 0, 1, 0x40, 0, 64, proto, 0, 0, ...a, ...b]
  const check = 0xffff - sum(head)
  head[10] = check >>> 8
  head[11] = check & 255
  return Uint8Array.from([...head, ...payload])
}

const pseudo = (proto: number, from: string, to: string, length: number): number => sum([...bytesOf(from), ...bytesOf(to), ...u32(length), 0, 0, 0, proto])

function summed(bytes: number[], at: number, proto: number, from: string, to: string, how: TcpSpec['checksum'] = 'good'): Uint8Array {
  const start = pseudo(proto, from, to, bytes.length)
  let check = how === 'offloaded' ? start : 0xffff - sum(bytes, start)
  if (how === 'bad') check = (check + 1) % 0xffff
  bytes[at] = check >>> 8
  bytes[at + 1] = check & 255
  return Uint8Array.from(bytes)
}

export function tcp(spec: TcpSpec): Uint8Array {
  const options = [...(spec.options ?? [])]
  while (options.length % 4 !== 0) options.push(0)
  const flags = (spec.flags ?? 'ACK').split(',').reduce((bits, name) => bits | BITS[name]!, 0)
  const segment = [
    ...u16(spec.from[1]), ...u16(spec.to[1]), ...u32(spec.seq ?? 0), ...u32(spec.ack ?? 0), (5 + options.length / 4) << 4, flags, ...u16(spec.window ?? 1000),
    0, 0, 0, 0, ...options, ...(spec.payload ?? []),
  ]
  return ip(6, spec.from[0], spec.to[0], summed(segment, 16, 6, spec.from[0], spec.to[0], spec.checksum))
}

export function udp(from: [string, number], to: [string, number], payload: Uint8Array, checksum: TcpSpec['checksum'] | 'none' = 'good'): Uint8Array {
  const datagram = [...u16(from[1]), ...u16(to[1]), ...u16(8 + payload.length), 0, 0, ...payload]
  return ip(17, from[0], to[0], checksum === 'none' ? Uint8Array.from(datagram) : summed(datagram, 6, 17, from[0], to[0], checksum))
}

/** The packet behind a link header of the given kind. */
export function framed(link: 'ethernet' | 'vlan' | 'raw' | 'null' | 'null-be' | 'loop' | 'sll' | 'sll2', packet: Uint8Array): { link: number; bytes: Uint8Array } {
  const six = packet[0]! >> 4 === 6
  const type = six ? 0x86dd : 0x0800
  const macs = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
  const make = (number: number, head: number[]) => ({ link: number, bytes: Uint8Array.from([...head, ...packet]) })
  switch (link) {
    case 'ethernet': return make(1, [...macs, ...u16(type)])
    case 'vlan': return make(1, [...macs, ...u16(0x8100), 0, 5, ...u16(type)])
    case 'raw': return make(101, [])
    case 'null': return make(0, [six ? 30 : 2, 0, 0, 0])
    case 'null-be': return make(0, [0, 0, 0, six ? 24 : 2])
    case 'loop': return make(108, [0, 0, 0, six ? 28 : 2])
    case 'sll': return make(113, [0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, ...u16(type)])
    case 'sll2': return make(276, [...u16(type), 0, 0, 0, 0, 0, 1, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0])
    default: return link satisfies never
  }
}

export interface FileFrame {
  bytes: Uint8Array
  sec?: number
  ns?: number
  /** bytes that passed, where fewer were captured */
  wire?: number
  /** pcapng: index of its interface */
  interface?: number
}

function writer(little: boolean) {
  const out: number[] = []
  return {
    out,
    u16: (n: number) => out.push(...(little ? u16(n).reverse() : u16(n))),
    u32: (n: number) => out.push(...(little ? u32(n).reverse() : u32(n))),
  }
}

/** A pcap file. */
export function pcapFile(link: number, frames: readonly FileFrame[], { little = true, nano = false } = {}): Uint8Array {
  const w = writer(little)
  w.u32(nano ? 0xa1b23c4d : 0xa1b2c3d4)
  w.u16(2)
  w.u16(4)
  for (const n of [0, 0, 262_144, link]) w.u32(n)
  for (const f of frames) {
    w.u32(f.sec ?? 0)
    w.u32(nano ? f.ns ?? 0 : Math.floor((f.ns ?? 0) / 1000))
    w.u32(f.bytes.length)
    w.u32(f.wire ?? f.bytes.length)
    w.out.push(...f.bytes)
  }
  return Uint8Array.from(w.out)
}

export interface NgInterface {
  link: number
  snaplen?: number
  name?: string
  /** the option's byte */
  resolution?: number
  offset?: bigint
}

/** One section of a pcapng file. `kinds`: the block of each frame, enhanced where not said. */
export function pcapngSection(
  interfaces: readonly NgInterface[], frames: readonly FileFrame[], { little = true, kinds = [] as ('enhanced' | 'simple' | 'packet' | 'unknown')[] } = {},
): Uint8Array {
  const out: number[] = []
  const block = (type: number, body: number[]): void => {
    while (body.length % 4 !== 0) body.push(0)
    const w = writer(little)
    w.u32(type)
    w.u32(12 + body.length)
    w.out.push(...body)
    w.u32(12 + body.length)
    for (const byte of w.out) out.push(byte)
  }
  const section = writer(little)
  section.u32(0x1a2b3c4d)
  section.u16(1)
  section.u16(0)
  section.u32(0xffffffff)
  section.u32(0xffffffff)
  block(0x0a0d0d0a, section.out)
  for (const i of interfaces) {
    const w = writer(little)
    w.u16(i.link)
    w.u16(0)
    w.u32(i.snaplen ?? 0)
    const option = (code: number, value: number[]) => {
      w.u16(code)
      w.u16(value.length)
      w.out.push(...value)
      while (w.out.length % 4 !== 0) w.out.push(0)
    }
    if (i.name !== undefined) option(2, [...new TextEncoder().encode(i.name)])
    if (i.resolution !== undefined) option(9, [i.resolution])
    if (i.offset !== undefined) {
      const eight = new Uint8Array(8)
      new DataView(eight.buffer).setBigInt64(0, i.offset, little)
      option(14, [...eight])
    }
    option(0, [])
    block(1, w.out)
  }
  frames.forEach((f, n) => {
    const w = writer(little)
    const kind = kinds[n] ?? 'enhanced'
    const about = interfaces[f.interface ?? 0]!
    const units = about.resolution === undefined ? 1_000_000n : about.resolution & 128 ? 2n ** BigInt(about.resolution & 127) : 10n ** BigInt(about.resolution)
    const time = BigInt(f.sec ?? 0) * units + (BigInt(f.ns ?? 0) * units) / 1_000_000_000n - (about.offset ?? 0n) * units
    if (kind === 'unknown') block(0x0bad, [...f.bytes])
    if (kind === 'simple') {
      w.u32(f.wire ?? f.bytes.length)
      w.out.push(...f.bytes)
      block(3, w.out)
      return
    }
    if (kind === 'unknown') return
    if (kind === 'enhanced') w.u32(f.interface ?? 0)
    else {
      w.u16(f.interface ?? 0)
      w.u16(0)
    }
    w.u32(Number(BigInt.asUintN(64, time) >> 32n))
    w.u32(Number(time & 0xffffffffn))
    w.u32(f.bytes.length)
    w.u32(f.wire ?? f.bytes.length)
    w.out.push(...f.bytes)
    block(kind === 'enhanced' ? 6 : 2, w.out)
  })
  return Uint8Array.from(out)
}
