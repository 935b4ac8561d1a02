/** The resolver's layouts as data, on memory that is made here; the hosts file; /proc/net's listening rows. */
import { expect, it } from 'vitest'
import { parseHosts } from '../../../src/engine/observe/hosts-file'
import { inodesOf, parseListening } from '../../../src/engine/observe/listening-linux'
import { NETDB, readAddrInfo, readHostent, writeHints, type NativeMemory } from '../../../src/engine/observe/resolver-layouts'
import { checkName, checkReverse } from '../../../src/engine/policy/names'

/** Memory of one block at BASE. */
const BASE = 0x7f00_0000_0000n
function block(size: number): { view: DataView; memory: NativeMemory; put: (at: number, bytes: ArrayLike<number>) => void } {
  const bytes = new Uint8Array(size)
  return {
    view: new DataView(bytes.buffer),
    put: (at, given) => bytes.set(given, at),
    memory: {
      bytes: (address, length) => bytes.slice(Number(address - BASE), Number(address - BASE) + length),
      text(address) {
        const at = Number(address - BASE)
        return new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)))
      },
    },
  }
}
const ascii = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`)

// offsetof() as the C compilers of the three systems tell it for 64-bit: flags, family, socktype, protocol, addrlen, then the pointers
const OFFSETS = { linux: { address: 24, canonname: 32 }, darwin: { address: 32, canonname: 24 }, win32: { address: 32, canonname: 24 } } as const

it.each(['linux', 'darwin', 'win32'] as const)('reads a list of two struct addrinfo as %s lays them out', (platform) => {
  const { view, memory, put } = block(512)
  const row = (at: number, family: number, type: number, protocol: number, length: number, address: number, name: number, next: number): void => {
    view.setInt32(at, 0x22, true)
    view.setInt32(at + 4, family, true)
    view.setInt32(at + 8, type, true)
    view.setInt32(at + 12, protocol, true)
    view.setUint32(at + 16, length, true)
    view.setBigUint64(at + OFFSETS[platform].address, BASE + BigInt(address), true)
    view.setBigUint64(at + OFFSETS[platform].canonname, name === 0 ? 0n : BASE + BigInt(name), true)
    view.setBigUint64(at + 40, next === 0 ? 0n : BASE + BigInt(next), true)
  }
  row(0, 2, 1, 6, 16, 200, 300, 48)
  row(48, 30, 2, 17, 28, 220, 0, 0)
  put(200, [2, 0, 0, 80, 127, 0, 0, 1])
  put(220, [28, 30, 0, 81])
  put(300, ascii('host.example'))
  const rows = readAddrInfo(NETDB[platform].addrinfo, memory, BASE)
  expect(rows).toHaveLength(2)
  expect(rows[0]).toMatchObject({ family: 2, type: 1, protocol: 6, canonname: 'host.example' })
  expect([...rows[0]!.sockaddr]).toEqual([2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  expect(rows[1]).toMatchObject({ family: 30, type: 2, protocol: 17, canonname: '' })
  expect(rows[1]!.sockaddr).toHaveLength(28)
  expect(readAddrInfo(NETDB[platform].addrinfo, memory, 0n)).toEqual([])
})

it('a list that turns in a circle ends', () => {
  const { view, memory } = block(128)
  view.setBigUint64(40, BASE, true)
  expect(readAddrInfo(NETDB.linux.addrinfo, memory, BASE).length).toBeLessThanOrEqual(1024)
})

it('writes hints with every pointer null', () => {
  const hints = writeHints(NETDB.darwin.addrinfo, { flags: 0x402, family: 30, type: 1 })
  const view = new DataView(hints.buffer)
  expect([0, 4, 8, 12].map((at) => view.getInt32(at, true))).toEqual([0x402, 30, 1, 0])
  expect(hints.subarray(16).every((byte) => byte === 0)).toBe(true)
})

it.each([['linux', 20, false], ['win32', 18, true]] as const)('reads a struct hostent as %s lays it out', (platform, lengthAt, short) => {
  const { view, memory, put } = block(256)
  const pointer = (at: number, to: number): void => view.setBigUint64(at, BASE + BigInt(to), true)
  pointer(0, 100)
  pointer(8, 40)
  if (short) view.setInt16(lengthAt, 4, true)
  else view.setInt32(lengthAt, 4, true)
  pointer(24, 64)
  pointer(40, 120)
  pointer(64, 150)
  pointer(72, 154)
  put(100, ascii('www.example'))
  put(120, ascii('web'))
  put(150, [192, 0, 2, 1, 192, 0, 2, 2])
  expect(readHostent(NETDB[platform].hostent, memory, BASE)).toEqual({
    name: 'www.example', aliases: ['web'], addresses: [new Uint8Array([192, 0, 2, 1]), new Uint8Array([192, 0, 2, 2])],
  })
})

it('each platform names every error of getaddrinfo that the courses meet', () => {
  for (const layout of Object.values(NETDB)) {
    expect(Object.values(layout.EAI)).toEqual(expect.arrayContaining(['EAI_NONAME', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_SERVICE', 'EAI_FAMILY', 'EAI_BADFLAGS', 'EAI_SOCKTYPE']))
  }
})

it('reads a hosts file: comments, tabs, several names, lines that are none', () => {
  const file = parseHosts('# local\n127.0.0.1\tlocalhost loop # again\r\n::1 localhost ip6-LOCALHOST\n\n0:0:0:0:0:0:0:2 two\nnonsense here\n192.0.2.7\n')
  expect([...file.names].sort()).toEqual(['ip6-localhost', 'localhost', 'loop', 'two'])
  expect([...file.addresses]).toEqual(['127.0.0.1', '::1', '::2'])
})

it('in scope computer, only what this computer knows is asked', () => {
  const known = { scope: 'computer' as const, hosts: parseHosts('192.0.2.7 printer\n'), interfaces: [{ addresses: [{ family: 'inet' as const, address: '10.0.0.5', prefix: 24, scope: 'private' as const }] }], self: 'Desk' }
  const name = (text: string): boolean => checkName(known, text, 'getaddrinfo').ok
  expect(['localhost', 'LocalHost', 'desk', 'printer', 'PRINTER', ''].map(name)).toEqual([true, true, true, true, true, true])
  expect(['printer.', 'a.localhost', 'www.example.org', 'desk.example'].map(name)).toEqual([false, false, false, false])
  const back = (...bytes: number[]): boolean => checkReverse(known, new Uint8Array(bytes), 'gethostbyaddr').ok
  expect([back(127, 0, 0, 9), back(192, 0, 2, 7), back(10, 0, 0, 5), back(10, 0, 0, 6), back(8, 8, 8, 8)]).toEqual([true, true, true, false, false])
  expect(checkName({ ...known, scope: 'lab' }, 'www.example.org', 'getaddrinfo').ok).toBe(true)
})

it('reads listening rows of /proc/net/tcp and udp with their inodes, and no others', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
  const tcp = `${head}   0: 0100007F:270F 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0000 100 0 0 10 0
   1: 0100007F:270F 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0000 20 4 30 10 -1\n`
  expect(parseListening(tcp, 'tcp')).toEqual([{ local: { family: 'inet', host: '127.0.0.1', port: 9999 }, uid: 1000, inode: 4242 }])
  const udp = `${head} 100: 00000000000000000000000000000000:14E9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 77 2 0 0\n`
  expect(parseListening(udp, 'udp')).toEqual([{ local: { family: 'inet6', host: '::', port: 5353 }, uid: 0, inode: 77 }])
  expect(parseListening(tcp.slice(0, 150), 'tcp')).toEqual([])
  expect(inodesOf([{ key: 'a', inode: 1 }, { key: 'a', inode: 2 }]).get('a')).toEqual([1, 2])
})
