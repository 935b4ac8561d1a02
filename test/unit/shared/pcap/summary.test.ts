/** The short word of a frame: every link type, both families, options, checksums, and whatever is cut. */
import { describe, expect, it } from 'vitest'
import { packetEvent } from '../../../../src/shared/pcap/event'
import { summarize } from '../../../../src/shared/pcap/summary'
import { framed, ip, tcp, udp } from '../../../lib/pcap'

const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const ends = { inet: [['192.0.2.1', 1000], ['192.0.2.2', 80]], inet6: [['2001:db8::1', 1000], ['2001:db8::2', 80]] } as const
const LINKS = ['ethernet', 'vlan', 'raw', 'null', 'null-be', 'loop', 'sll', 'sll2'] as const

describe.each(['inet', 'inet6'] as const)('%s', (family) => {
  const [from, to] = ends[family].map((end) => [...end] as [string, number]) as [[string, number], [string, number]]

  it.each(LINKS)('TCP and UDP behind %s', (link) => {
    const segment = framed(link, tcp({ from, to, seq: 7, ack: 9, flags: 'PSH,ACK', window: 500, options: [1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6], payload: text('hello') }))
    const said = summarize(segment.link, segment.bytes, segment.bytes.length)
    expect(said).toEqual({
      proto: 'tcp', from: { family, host: from[0], port: 1000 }, to: { family, host: to[0], port: 80 }, flags: ['PSH', 'ACK'], len: 5,
      seqno: 7, ackno: 9, window: 500, options: { ts: [5, 6] }, checksum: 'good', payload: { at: segment.bytes.length - 5, kept: 5 },
    })
    const datagram = framed(link, udp(from, to, text('hi')))
    expect(summarize(datagram.link, datagram.bytes, datagram.bytes.length)).toEqual({
      proto: 'udp', from: { family, host: from[0], port: 1000 }, to: { family, host: to[0], port: 80 }, flags: [], len: 2, checksum: 'good',
      payload: { at: datagram.bytes.length - 2, kept: 2 },
    })
  })

  it('the checksum: fits, does not, is left to the card, was not captured', () => {
    const of = (checksum: 'good' | 'bad' | 'offloaded') => {
      const bytes = tcp({ from, to, payload: text('odd'), checksum })
      return summarize(101, bytes, bytes.length).checksum
    }
    expect([of('good'), of('bad'), of('offloaded')]).toEqual(['good', 'bad', 'offloaded'])
    const cut = tcp({ from, to, payload: new Uint8Array(100) })
    expect(summarize(101, cut.subarray(0, 80), cut.length).checksum).toBeUndefined()
    const none = udp(from, to, text('x'), 'none')
    expect(summarize(101, none, none.length).checksum).toBe('none')
  })

  it('what was cut off still counts', () => {
    const { link, bytes } = framed('ethernet', tcp({ from, to, payload: new Uint8Array(1000) }))
    const held = bytes.subarray(0, bytes.length - 900)
    const event = packetEvent({ link, bytes: held, wire: bytes.length, interface: undefined }, 5000, held.length)
    expect(event).toMatchObject({ len: 1000, frame: { at: 5000, len: bytes.length, kept: held.length }, data: { at: 5000 + bytes.length - 1000, len: 1000, kept: 100 } })
    // the store may have less of it than was captured
    expect(packetEvent({ link, bytes: held, wire: bytes.length, interface: undefined }, 5000, 60).data).toMatchObject({ len: 1000, kept: Math.max(0, 60 - (bytes.length - 1000)) })
  })

  it('every cut of a frame is told without a word that is not in it', () => {
    const { link, bytes } = framed('sll2', tcp({ from, to, seq: 1, flags: 'SYN', options: [2, 4, 255, 215, 3, 3, 7, 4, 2, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2], payload: text('early data') }))
    const whole = summarize(link, bytes, bytes.length)
    for (let n = 0; n <= bytes.length; n++) {
      const said = summarize(link, bytes.subarray(0, n), bytes.length)
      expect(['tcp', 'other']).toContain(said.proto)
      if (said.proto !== 'tcp') continue
      expect(said).toMatchObject({ seqno: whole.seqno, len: whole.len, from: whole.from, to: whole.to })
      if (said.payload) expect(said.payload.at + said.payload.kept).toBeLessThanOrEqual(Math.max(n, said.payload.at))
    }
    expect(whole.options).toEqual({ mss: 65_495, ws: 7, sackOk: true, sack: [[1, 2]] })
  })
})

it('IPv6 with a hop-by-hop header', () => {
  const inner = tcp({ from: ['2001:db8::1', 5], to: ['2001:db8::2', 6], seq: 3, payload: text('x') }).subarray(40)
  const bytes = ip(6, '2001:db8::1', '2001:db8::2', inner, true)
  expect(summarize(101, bytes, bytes.length)).toMatchObject({ proto: 'tcp', seqno: 3, len: 1, checksum: 'good' })
})

it('the padding of a short Ethernet frame is no payload', () => {
  const { link, bytes } = framed('ethernet', tcp({ from: ['192.0.2.1', 1], to: ['192.0.2.2', 2] }))
  const padded = new Uint8Array(bytes.length + 6)
  padded.set(bytes)
  expect(summarize(link, padded, padded.length)).toMatchObject({ len: 0, checksum: 'good' })
})

it('a length of 0: the card cuts it up later', () => {
  const bytes = tcp({ from: ['192.0.2.1', 1], to: ['192.0.2.2', 2], payload: new Uint8Array(500) })
  bytes[2] = bytes[3] = 0
  expect(summarize(101, bytes, bytes.length)).toMatchObject({ proto: 'tcp', len: 500 })
})

it('a later fragment has no ports; ICMP, ARP and the unknown are told apart', () => {
  const fragment = udp(['192.0.2.1', 1], ['192.0.2.2', 2], new Uint8Array(20))
  fragment[6] = 0x00
  fragment[7] = 0x10
  expect(summarize(101, fragment, fragment.length)).toMatchObject({ proto: 'other', from: { host: '192.0.2.1', port: 0 }, len: 28 })
  const ping = ip(1, '192.0.2.1', '192.0.2.2', Uint8Array.of(8, 0, 0, 0))
  expect(summarize(101, ping, ping.length)).toMatchObject({ proto: 'icmp', to: { host: '192.0.2.2', port: 0 }, len: 4 })
  const arp = Uint8Array.of(...new Array<number>(12).fill(255), 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2)
  expect(summarize(1, arp, 60)).toMatchObject({ proto: 'other', from: { host: '10.0.0.1' }, to: { host: '10.0.0.2' }, len: 60 })
  expect(summarize(127, arp, 60)).toMatchObject({ proto: 'other', from: { host: '' }, len: 60 })
})

it('a header that is longer than its packet is no TCP', () => {
  const bytes = tcp({ from: ['192.0.2.1', 1], to: ['192.0.2.2', 2] })
  bytes[32] = 0xf0
  expect(summarize(101, bytes, bytes.length).proto).toBe('other')
  bytes[32] = 0x40
  expect(summarize(101, bytes, bytes.length).proto).toBe('other')
})
