/**
 * Frames that tcpdump captured on Linux (loopback, a pair of virtual Ethernet cards, the 'any' device) and what tcpdump -vv
 * says of each: ours must say the same. test/fixtures/packets.json holds both.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame, fieldOf, fieldsAt, layerOf } from '../../../src/shared/packets/decode'
import { LINK } from '../../../src/shared/pcap/link-types'
import type { Frame, Layer } from '../../../src/shared/packets/model'
import { frameBytes, goldenFrames as golden, misplaced, type GoldenFrame } from '../../lib/packets'

const frameOf = (one: GoldenFrame): Frame => decodeFrame(frameBytes(one), one.linkType, one.length)
const named = (name: string): Frame => frameOf(golden.find((one) => one.name === name)!)
const num = (layer: Layer | undefined, key: string): number | undefined => {
  const value = fieldOf(layer, key)?.value
  return typeof value === 'number' ? value : undefined
}
const found = (text: string, pattern: RegExp): string | undefined => pattern.exec(text)?.[1]
const intOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))

const FLAGS: Record<string, string> = { S: 'SYN', F: 'FIN', P: 'PSH', R: 'RST', '.': 'ACK', U: 'URG', E: 'ECE', W: 'CWR' }

const checkShape = (frame: Frame): void => expect(misplaced(frame)).toBeUndefined()

describe('real frames, as tcpdump reads them', () => {
  it('has frames of every kind', () => expect(golden.length).toBeGreaterThan(50))
  it.each(golden)('$name', (one) => {
    const frame = frameOf(one)
    checkShape(frame)
    const { tcpdump: said } = one
    const ip = layerOf(frame, 'ipv4')
    if (/ttl \d+/.test(said)) {
      expect(num(ip, 'ipv4.ttl')).toBe(intOf(found(said, /ttl (\d+)/)))
      expect(num(ip, 'ipv4.id')).toBe(intOf(found(said, /id (\d+)/)))
      expect(num(ip, 'ipv4.offset')! * 8).toBe(intOf(found(said, /offset (\d+)/)))
      expect(num(ip, 'ipv4.df')).toBe(found(said, /flags \[([^\]]+)\]/) === 'DF' ? 1 : 0)
      expect(num(ip, 'ipv4.mf')).toBe(found(said, /flags \[([^\]]+)\]/) === '+' ? 1 : 0)
      expect(num(ip, 'ipv4.protocol')).toBe(intOf(found(said, /proto \w+ \((\d+)\)/)))
      expect(num(ip, 'ipv4.length')).toBe(intOf(found(said, /proto \w+ \(\d+\), length (\d+)/)))
      expect(ip?.checksum?.state).toBe('correct')
    }
    const ip6 = layerOf(frame, 'ipv6')
    if (said.includes('payload length')) {
      expect(num(ip6, 'ipv6.hops')).toBe(intOf(found(said, /hlim (\d+)/)))
      expect(num(ip6, 'ipv6.next')).toBe(intOf(found(said, /next-header \w+ \((\d+)\)/)))
      expect(num(ip6, 'ipv6.length')).toBe(intOf(found(said, /payload length: (\d+)/)))
      expect(num(ip6, 'ipv6.flow')).toBe(Number(found(said, /flowlabel (0x[0-9a-f]+)/) ?? 0))
    }
    const macs = /^([0-9a-f:]{17}) > ([0-9a-f:]{17}),/.exec(said)
    if (macs) {
      expect(fieldOf(frame.layers[0], 'ethernet.src')?.value).toBe(macs[1])
      expect(fieldOf(frame.layers[0], 'ethernet.dst')?.value).toBe(macs[2])
    }
    const tcp = layerOf(frame, 'tcp')
    const flags = found(said, /Flags \[([^\]]*)\]/)
    if (flags !== undefined && !said.includes('ICMP6')) {
      expect(new Set((fieldOf(tcp, 'tcp.flags')?.name ?? '').split(', '))).toEqual(new Set([...flags].map((letter) => FLAGS[letter])))
      expect(num(tcp, 'tcp.seq')).toBe(intOf(found(said, /seq (\d+)/)) ?? num(tcp, 'tcp.seq'))
      if (/ ack \d+/.test(said)) expect(num(tcp, 'tcp.ack')).toBe(intOf(found(said, / ack (\d+)/)))
      expect(num(tcp, 'tcp.window')).toBe(intOf(found(said, /win (\d+)/)))
      const sum = /cksum (0x[0-9a-f]+) \((correct|incorrect -> (0x[0-9a-f]+))\)/.exec(said)
      if (sum) {
        expect(tcp?.checksum?.stored).toBe(Number(sum[1]))
        expect(tcp?.checksum?.computed).toBe(Number(sum[3] ?? sum[1]))
        expect(tcp?.checksum?.state === 'correct').toBe(sum[2] === 'correct')
      }
      if (/mss \d+/.test(said)) expect(num(tcp, 'tcp.opt.mss')).toBe(intOf(found(said, /mss (\d+)/)))
      if (/wscale \d+/.test(said)) expect(num(tcp, 'tcp.opt.scale')).toBe(intOf(found(said, /wscale (\d+)/)))
      if (/TS val \d+/.test(said)) {
        expect(num(tcp, 'tcp.opt.tsval')).toBe(intOf(found(said, /TS val (\d+)/)))
        expect(num(tcp, 'tcp.opt.tsecr')).toBe(intOf(found(said, /ecr (\d+)/)))
      }
      if (said.includes('sackOK')) expect(fieldOf(tcp, 'tcp.opt.sackOk')).toBeDefined()
      const blocks = [...said.matchAll(/\{(\d+):(\d+)\}/g)].map((match) => `${match[1]} - ${match[2]}`)
      if (blocks.length > 0) expect(fieldOf(tcp, 'tcp.opt.sack')?.fields?.map((field) => field.text)).toEqual(blocks)
      const data = layerOf(frame, 'data')
      if (frame.length === frame.bytes.length) expect((data?.to ?? 0) - (data?.from ?? 0)).toBe(intOf(found(said, /length (\d+)(?:: HTTP)?$/)))
    }
    const udp = layerOf(frame, 'udp')
    if (/udp cksum 0x/.test(said)) {
      const sum = /bad udp cksum (0x[0-9a-f]+) -> (0x[0-9a-f]+)/.exec(said)!
      // what an ICMP error quotes is checked, too, where it is whole
      const checksum = (udp ?? frame.layers.find((layer) => layer.kind === 'udp'))?.checksum
      expect([checksum?.stored, checksum?.computed, checksum?.state]).toEqual([Number(sum[1]), Number(sum[2]), 'partial'])
    }
    if (said.includes('[no cksum]')) expect(udp?.checksum?.state).toBe('none')
    if (said.includes('udp sum ok')) expect(udp?.checksum?.state).toBe('correct')
    const ports = / ?([\da-f.:]+)\.(\d+) > ([\da-f.:]+)\.(\d+):/.exec(said)
    const transport = tcp ?? udp
    if (ports && transport) {
      expect(num(transport, `${transport.kind}.sport`)).toBe(Number(ports[2]))
      expect(num(transport, `${transport.kind}.dport`)).toBe(Number(ports[4]))
      const net = ip ?? ip6
      expect(fieldOf(net, `${net!.kind}.src`)?.value).toBe(ports[1])
      expect(fieldOf(net, `${net!.kind}.dst`)?.value).toBe(ports[3])
    }
    if (said.includes('icmp6 sum ok')) expect(layerOf(frame, 'icmpv6')?.checksum?.state).toBe('correct')
    if (said.includes('ARP')) expect(fieldOf(layerOf(frame, 'arp'), 'arp.operation')?.value).toBe(said.includes('Request') ? 1 : 2)
  })
})

describe('what is worth a word', () => {
  it('checksums left to the card on loopback are partial, not wrong; a flipped bit is wrong', () => {
    expect(layerOf(named('lo4 0'), 'tcp')?.checksum?.state).toBe('partial')
    expect(layerOf(named('lo6 0'), 'tcp')?.checksum?.state).toBe('partial')
    expect(layerOf(named('craft 3'), 'tcp')?.checksum?.state).toBe('wrong')
  })
  it('a quoted packet is taken apart and marked as quoted', () => {
    const { layers } = named('lo4 15')
    expect(layers.map((layer) => [layer.kind, layer.quoted ?? false])).toEqual([
      ['ethernet', false], ['ipv4', false], ['icmp', false], ['ipv4', true], ['udp', true], ['data', true],
    ])
    expect(fieldOf(layers[2], 'icmp.code')?.meaning?.key).toBe('icmp.port')
    expect(num(layers[4], 'udp.dport')).toBe(9997)
    // the quote of a large datagram ends early, and its lengths are not blamed for it
    const large = named('veth 6')
    expect(large.layers.flatMap((layer) => layer.problems.map((one) => one.key))).toEqual(['quotedPart'])
  })
  it('fragments: the first has the transport header, the others do not', () => {
    const [first, last, six] = [named('veth 3'), named('veth 5'), named('veth 12')]
    expect(layerOf(first, 'udp')?.checksum?.state).toBe('unknown')
    expect(layerOf(first, 'ipv4')?.problems[0]?.key).toBe('fragmentFirst')
    expect(layerOf(last, 'udp')).toBeUndefined()
    expect(layerOf(last, 'ipv4')?.problems[0]?.key).toBe('fragmentLater')
    expect(six.layers.map((layer) => layer.kind)).toEqual(['ethernet', 'ipv6', 'ipv6ext', 'udp', 'data'])
  })
  it('a capture that cut the frame says so, and no checksum is judged', () => {
    const tcp = layerOf(named('snap 0'), 'tcp')
    expect(tcp?.problems.map((one) => one.key)).toEqual(['cut'])
    expect(tcp?.checksum?.state).toBe('unknown')
    expect(num(tcp, 'tcp.opt.mss')).toBe(65495)
  })
  it('malformed headers are explained, and what can be read is read', () => {
    expect(layerOf(named('craft 5'), 'tcp')?.problems).toEqual([{ key: 'headerLength', level: 'error', params: { value: 12, least: 20 } }])
    expect(layerOf(named('craft 6'), 'udp')?.problems[0]).toEqual({ key: 'beyond', level: 'error', params: { value: 200, there: 12 } })
  })
  it('tags, padding, options', () => {
    const tagged = named('craft 0')
    expect(num(layerOf(tagged, 'vlan'), 'vlan.id')).toBe(42)
    expect(num(layerOf(tagged, 'vlan'), 'vlan.pcp')).toBe(5)
    const padded = named('craft 4')
    expect(padded.layers.at(-1)?.kind).toBe('padding')
    expect(layerOf(padded, 'data')?.to).toBe(43)
    expect(fieldOf(layerOf(named('lo4 17'), 'ipv4'), 'ipv4.option')?.name).toBe('Record Route')
    expect(fieldOf(layerOf(named('craft 7'), 'ipv4'), 'ipv4.option')?.name).toBe('Router Alert')
    expect(fieldOf(layerOf(named('craft 2'), 'tcp'), 'tcp.opt.scale')?.meaning).toEqual({ key: 'tcp.scale', params: { factor: 16384 } })
  })
  it('a byte leads to its fields, the smallest last', () => {
    const frame = named('lo4 0')
    expect(fieldsAt(frame, 14).map(({ field }) => field.key).sort()).toEqual(['ipv4.ihl', 'ipv4.version'])
    expect(fieldsAt(frame, 38).map(({ field }) => field.key)).toEqual(['tcp.seq'])
  })
  it('BSD loopback in both byte orders, and raw IP', () => {
    const ethernet = frameBytes(golden.find((one) => one.name === 'lo6 0')!)
    const ip = ethernet.subarray(14)
    for (const head of [[30, 0, 0, 0], [0, 0, 0, 30]]) {
      const frame = decodeFrame(new Uint8Array([...head, ...ip]), LINK.null)
      expect(frame.layers.map((layer) => layer.kind)).toEqual(['loopback', 'ipv6', 'tcp'])
    }
    expect(decodeFrame(ip, LINK.raw).layers.map((layer) => layer.kind)).toEqual(['ipv6', 'tcp'])
  })
})

describe('any bytes', () => {
  const linkTypes = fc.constantFrom(...Object.values(LINK), 147)
  it('never throw, and every field lies where it says', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), linkTypes, fc.nat(400), (bytes, linkType, more) => {
      checkShape(decodeFrame(bytes, linkType, bytes.length + more))
    }), { numRuns: 3000 })
  })
  it('nor real frames cut at each byte, or with a byte changed', () => {
    for (const one of golden) {
      const bytes = frameBytes(one)
      for (let n = 0; n <= Math.min(bytes.length, 200); n++) checkShape(decodeFrame(bytes.slice(0, n), one.linkType, one.length))
    }
    fc.assert(fc.property(fc.constantFrom(...golden), fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }), (one, changes) => {
      const bytes = frameBytes(one)
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      checkShape(decodeFrame(bytes, one.linkType, one.length))
    }), { numRuns: 5000 })
  })
})
