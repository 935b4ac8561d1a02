/** TCP's options (RFC 9293, 3.2; RFC 7323 window scale and timestamps; RFC 2018 selective acknowledgement). */
import { encodeHex } from '../bytes/hex'
import type { Field } from './model'
import { hex, means, uintAt, type Scribe } from './scribe'

const NAMES: Readonly<Record<number, string>> = {
  19: 'MD5 Signature', 28: 'User Timeout', 29: 'TCP-AO', 30: 'Multipath TCP', 34: 'TCP Fast Open', 69: 'Encryption Negotiation', 253: 'Experiment 1', 254: 'Experiment 2',
}
/** Kind -> the length that it must have, both bytes of kind and length included. */
const LENGTHS: Readonly<Record<number, number>> = { 2: 4, 3: 3, 4: 2, 8: 10 }

/** The options from the scribe's place to `end`, which is the header's. */
export function tcpOptions(scribe: Scribe, end: number): void {
  const { bytes, available } = scribe.context
  while (scribe.at < end) {
    const from = scribe.at
    if (from >= available) {
      scribe.short = true
      return
    }
    const kind = bytes[from]!
    if (kind === 0 || kind === 1) {
      scribe.add({ key: kind === 0 ? 'tcp.opt.end' : 'tcp.opt.nop', value: kind, from, to: from + 1, ...means(kind === 0 ? 'tcp.optEnd' : 'tcp.optNop') })
      scribe.at++
      if (kind === 1) continue
      // what follows the end of the list is padding, zero
      if (scribe.at < Math.min(end, available)) scribe.add({ key: 'tcp.opt.padding', value: encodeHex(bytes.subarray(scribe.at, Math.min(end, available))), from: scribe.at, to: Math.min(end, available) })
      scribe.at = Math.min(end, available)
      return
    }
    const len = from + 1 < available ? bytes[from + 1]! : 0
    if (from + 1 >= available || (len >= 2 && from + len <= end && from + len > available)) {
      scribe.short = true
      return
    }
    if (len < 2 || from + len > end) {
      scribe.error('optionLength', { kind, length: len })
      scribe.at = end > available ? available : end
      return
    }
    if (LENGTHS[kind] !== undefined && LENGTHS[kind] !== len) {
      scribe.error('optionLength', { kind, length: len })
      scribe.add(raw(kind, bytes, from, len))
    } else scribe.add(option(kind, bytes, from, len))
    scribe.at = from + len
  }
}

const raw = (kind: number, bytes: Uint8Array, from: number, len: number): Field => ({
  key: 'tcp.opt.other', value: kind, name: NAMES[kind], text: `${kind}${len > 2 ? `: ${encodeHex(bytes.subarray(from + 2, from + len))}` : ''}`, from, to: from + len,
})

function option(kind: number, bytes: Uint8Array, from: number, len: number): Field {
  const to = from + len
  switch (kind) {
    case 2:
      return { key: 'tcp.opt.mss', value: uintAt(bytes, from + 2, 2), from, to, ...means('tcp.mss') }
    case 3: {
      // RFC 7323, 2.3: a shift above 14 is used as 14
      const shift = bytes[from + 2]!
      return { key: 'tcp.opt.scale', value: shift, from, to, ...means('tcp.scale', { factor: 2 ** Math.min(shift, 14) }) }
    }
    case 4:
      return { key: 'tcp.opt.sackOk', value: 1, text: hex(kind, 1), from, to, ...means('tcp.sackOk') }
    case 5: {
      if ((len - 2) % 8 !== 0 || len < 10) return raw(kind, bytes, from, len)
      const blocks: Field[] = []
      for (let at = from + 2; at < to; at += 8) {
        const [left, right] = [uintAt(bytes, at, 4), uintAt(bytes, at + 4, 4)]
        blocks.push({ key: 'tcp.opt.sackBlock', value: left, text: `${left} - ${right}`, from: at, to: at + 8, ...means('tcp.sackBlock', { bytes: (right - left) >>> 0 }) })
      }
      return { key: 'tcp.opt.sack', value: blocks.length, from, to, fields: blocks }
    }
    case 8:
      return {
        key: 'tcp.opt.timestamps', value: uintAt(bytes, from + 2, 4), text: `${uintAt(bytes, from + 2, 4)}, ${uintAt(bytes, from + 6, 4)}`, from, to,
        fields: [
          { key: 'tcp.opt.tsval', value: uintAt(bytes, from + 2, 4), from: from + 2, to: from + 6 },
          { key: 'tcp.opt.tsecr', value: uintAt(bytes, from + 6, 4), from: from + 6, to: from + 10 },
        ],
      }
    default:
      return raw(kind, bytes, from, len)
  }
}
