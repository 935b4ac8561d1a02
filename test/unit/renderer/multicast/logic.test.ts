import { describe, expect, it } from 'vitest'
import type { NetInterface } from '../../../../src/shared/contract/contract'
import { broadcastNetworks } from '../../../../src/renderer/features/broadcast/networks'
import { chatText } from '../../../../src/renderer/features/multicast/chat-text'
import { bestInterface, interfaceChoices } from '../../../../src/renderer/features/multicast/interface-choice'

const bytes = (text: string) => new TextEncoder().encode(text)
const shown = (text: ReturnType<typeof chatText>) => text.parts.map((part) => part.text).join('')

describe('the text of a datagram', () => {
  it('is shown with escapes, never as what it pretends to be', () => {
    const text = chatText(bytes('<b>안녕</b>\u202e\n\0'), bytes('<b>안녕</b>\u202e\n\0').length)
    expect(shown(text)).toBe('<b>안녕</b>\\u{202e}\\n\\0')
    expect(text.parts.filter((part) => part.kind !== 'plain').map((part) => part.text)).toEqual(['\\u{202e}\\n\\0'])
    expect(text.rest).toBe(0)
  })
  it.each([['é', 1, 0], ['안', 2, 0], ['안', 1, 0], ['😀', 3, 0], ['😀', 1, 0], ['ab', 1, 1]])('%s cut after %d bytes shows %d whole ones', (character, kept, whole) => {
    const all = bytes(character)
    expect(chatText(all.subarray(0, kept), all.length)).toMatchObject({ rest: all.length - whole })
  })
  it('a whole one is not shortened, and what is no UTF-8 is shown byte by byte', () => {
    expect(chatText(bytes('안'), 3).rest).toBe(0)
    expect(shown(chatText(Uint8Array.of(0xff, 0x41), 2))).toBe('\\xffA')
    expect(chatText(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80), 9).rest).toBe(4)
  })
})

const net = (name: string, more: Partial<NetInterface>): NetInterface => ({ name, index: name.length, up: true, loopback: false, addresses: [], ...more })
const v4 = (address: string, prefix: number, broadcast?: string) => ({ family: 'inet' as const, address, prefix, scope: 'private' as const, ...(broadcast === undefined ? {} : { broadcast }) })
const v6 = (address: string) => ({ family: 'inet6' as const, address, prefix: 64, scope: 'link-local' as const })

describe('interfaces for a group', () => {
  const all = [net('lo', { loopback: true, addresses: [v4('127.0.0.1', 8), v6('::1')] }), net('down0', { up: false, addresses: [v4('10.0.0.1', 8)] }), net('v4only', { addresses: [v4('10.1.0.1', 16)] }), net('both', { addresses: [v4('10.2.0.1', 16), v6('fe80::1')] })]
  it('the fitting ones come first, and each says what is the matter', () => {
    expect(interfaceChoices(all, 'inet6').map((one) => `${one.name} ${one.fit}`)).toEqual(['both good', 'lo loopback6', 'v4only noAddress', 'down0 down'])
    expect(interfaceChoices(all, 'inet').map((one) => `${one.name} ${one.fit}`)).toEqual(['v4only good', 'both good', 'lo loopback', 'down0 down'])
  })
  it('the best is one that works; none is better than a wrong one', () => {
    expect([bestInterface(all, 'inet6'), bestInterface(all, 'inet'), bestInterface(all.slice(0, 1), 'inet6'), bestInterface(all.slice(0, 1), 'inet')]).toEqual(['both', 'v4only', undefined, 'lo'])
  })
})

describe('broadcast networks', () => {
  it('are worked out from address and prefix, real ones first; a /31 and a /32 have none', () => {
    const found = broadcastNetworks([net('lo', { loopback: true, addresses: [v4('127.0.0.1', 8)] }), net('a', { addresses: [v4('192.168.10.77', 26), v4('10.0.0.0', 31), v4('10.9.9.9', 32), v6('fe80::1')] }), net('b', { up: false, addresses: [v4('10.0.0.1', 8)] })])
    expect(found.map((one) => [one.interface, one.to, Array.from(one.network), one.hosts])).toEqual([['a', '192.168.10.127', [192, 168, 10, 64], 62n], ['lo', '127.255.255.255', [127, 0, 0, 0], 16_777_214n]])
  })
  it('a broadcast address that somebody set otherwise is told', () => {
    expect(broadcastNetworks([net('a', { addresses: [v4('10.0.0.1', 24, '10.0.0.255')] })])[0]?.kernel).toBeUndefined()
    expect(broadcastNetworks([net('a', { addresses: [v4('10.0.0.1', 24, '10.0.0.0')] })])[0]?.kernel).toBe('10.0.0.0')
  })
})
