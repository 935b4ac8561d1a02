/**
 * Writes pcapng: a Section Header with the application's name, interfaces, and packets as Enhanced Packet Blocks.
 * Little-endian. draft-ietf-opsawg-pcapng, 4.1 to 4.3.
 */
import { BLOCK, BYTE_ORDER } from './format'

export type Resolution = 'us' | 'ns'

const OPTION = { end: 0, comment: 1, os: 3, app: 4, name: 2, resolution: 9 } as const

const utf8 = new TextEncoder()
const padded = (n: number): number => (n + 3) & ~3

function block(type: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + body.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, out.length, true)
  out.set(body, 8)
  view.setUint32(out.length - 4, out.length, true)
  return out
}

/** Options, each padded to 32 bits, with their end; none at all where the list is empty. */
function options(list: readonly (readonly [code: number, value: Uint8Array])[]): Uint8Array {
  if (list.length === 0) return new Uint8Array(0)
  const out = new Uint8Array(list.reduce((sum, [, value]) => sum + 4 + padded(value.length), 4))
  const view = new DataView(out.buffer)
  let at = 0
  for (const [code, value] of list) {
    if (value.length > 0xffff) throw new RangeError('an option has at most 65535 bytes')
    view.setUint16(at, code, true)
    view.setUint16(at + 2, value.length, true)
    out.set(value, at + 4)
    at += 4 + padded(value.length)
  }
  return out
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Begins a file. `app` is the program that writes it. */
export function sectionHeader(about: { app: string; os?: string; comment?: string }): Uint8Array {
  const body = new Uint8Array(16)
  const view = new DataView(body.buffer)
  view.setUint32(0, BYTE_ORDER, true)
  view.setUint16(4, 1, true)
  // the section's length is not known before its end: -1
  view.setBigInt64(8, -1n, true)
  const said: [number, Uint8Array][] = []
  if (about.comment) said.push([OPTION.comment, utf8.encode(about.comment)])
  if (about.os) said.push([OPTION.os, utf8.encode(about.os)])
  said.push([OPTION.app, utf8.encode(about.app)])
  return block(BLOCK.section, joined(body, options(said)))
}

/** An interface; packets name it by its place, from 0, in the order of these blocks. `snaplen` 0: not limited. */
export function interfaceBlock(about: { link: number; snaplen?: number; name?: string; resolution?: Resolution }): Uint8Array {
  const body = new Uint8Array(8)
  const view = new DataView(body.buffer)
  view.setUint16(0, about.link, true)
  view.setUint32(4, about.snaplen ?? 0, true)
  const said: [number, Uint8Array][] = []
  if (about.name) said.push([OPTION.name, utf8.encode(about.name)])
  said.push([OPTION.resolution, Uint8Array.of(about.resolution === 'ns' ? 9 : 6)])
  return block(BLOCK.interface, joined(body, options(said)))
}

/**
 * A packet. `sec` and `ns` since 1970; `wire` is how many bytes passed, of which `bytes` were captured.
 */
export function packetBlock(packet: { interface: number; sec: number; ns: number; resolution?: Resolution; wire: number; bytes: Uint8Array }): Uint8Array {
  const { bytes } = packet
  const out = new Uint8Array(32 + padded(bytes.length))
  const view = new DataView(out.buffer)
  view.setUint32(0, BLOCK.enhanced, true)
  view.setUint32(4, out.length, true)
  view.setUint32(8, packet.interface, true)
  const count = packet.resolution === 'ns'
    ? BigInt(packet.sec) * 1_000_000_000n + BigInt(packet.ns)
    : BigInt(packet.sec) * 1_000_000n + BigInt(Math.floor(packet.ns / 1000))
  view.setUint32(12, Number(BigInt.asUintN(64, count) >> 32n), true)
  view.setUint32(16, Number(count & 0xffff_ffffn), true)
  view.setUint32(20, bytes.length, true)
  view.setUint32(24, Math.max(packet.wire, bytes.length), true)
  out.set(bytes, 28)
  view.setUint32(out.length - 4, out.length, true)
  return out
}
