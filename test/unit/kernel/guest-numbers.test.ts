/** What a guest gives in Linux's numbers and structs, on each system that the lab runs on. */
import { describe, expect, it } from 'vitest'
import { hostOption, linuxErrno } from '../../../src/engine/guest-numbers'
import { darwin } from '../../../src/engine/kernel/platform/darwin'
import { linux } from '../../../src/engine/kernel/platform/linux'
import { win32 } from '../../../src/engine/kernel/platform/win32'

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)
const ints = (...values: number[]): Uint8Array => new Uint8Array(new Int32Array(values).buffer)
const longs = (...values: number[]): Uint8Array => new Uint8Array(new BigInt64Array(values.map(BigInt)).buffer)

describe.each([linux, darwin, win32])('$name', (table) => {
  // asm-generic/socket.h, netinet/in.h, netinet/tcp.h of Linux: what Python's socket module has in the lab
  it.each([
    [1, 2, 'SO_REUSEADDR'], [1, 3, 'SO_TYPE'], [1, 4, 'SO_ERROR'], [1, 6, 'SO_BROADCAST'], [1, 7, 'SO_SNDBUF'], [1, 8, 'SO_RCVBUF'], [1, 9, 'SO_KEEPALIVE'],
    [1, 13, 'SO_LINGER'], [1, 20, 'SO_RCVTIMEO'], [6, 1, 'TCP_NODELAY'], [0, 2, 'IP_TTL'], [0, 32, 'IP_MULTICAST_IF'], [0, 33, 'IP_MULTICAST_TTL'],
    [0, 34, 'IP_MULTICAST_LOOP'], [0, 35, 'IP_ADD_MEMBERSHIP'], [0, 36, 'IP_DROP_MEMBERSHIP'], [41, 17, 'IPV6_MULTICAST_IF'], [41, 18, 'IPV6_MULTICAST_HOPS'],
    [41, 20, 'IPV6_JOIN_GROUP'], [41, 21, 'IPV6_LEAVE_GROUP'], [41, 26, 'IPV6_V6ONLY'],
  ])('level %i, option %i is %s', (level, option, name) => {
    const { level: hostLevel, option: hostNumber } = table.options[name]!
    expect(hostOption(table, level, option)).toMatchObject({ level: hostLevel, option: hostNumber })
  })

  it('numbers errors as Linux does', () => {
    for (const [number, name] of Object.entries(table.errno)) {
      if (['ECONNREFUSED', 'EADDRINUSE', 'EAGAIN', 'ENOTCONN', 'EINPROGRESS'].includes(name)) {
        expect([name, linuxErrno(table, Number(number))]).toEqual([name, { ECONNREFUSED: 111, EADDRINUSE: 98, EAGAIN: 11, ENOTCONN: 107, EINPROGRESS: 115 }[name]])
      }
    }
  })
})

it('a number that the system has no option for is none of its other options', () => {
  // SO_REUSEPORT and SO_DOMAIN of Linux; on Windows 15 and 39 would be something else
  expect(hostOption(win32, 1, 15)).toBeUndefined()
  expect(hostOption(win32, 1, 39)).toBeUndefined()
  expect(hostOption(darwin, 0xffff, 4)).toBeUndefined()
  expect(hostOption(linux, 1, 9999)).toMatchObject({ level: 1, option: 9999 })
})

it('structs are written as the system has them, and read back', () => {
  const linger = hostOption(win32, 1, 13)!
  expect(linger.toHost(ints(1, 5))).toEqual(bytes(1, 0, 5, 0))
  expect(linger.toGuest(bytes(1, 0, 5, 0))).toEqual(ints(1, 5))
  expect(linger.toHost(bytes(1))).toEqual(bytes(1))
  expect(hostOption(darwin, 1, 13)!.toHost(ints(1, 5))).toEqual(ints(1, 5))
  const limit = hostOption(win32, 1, 20)!
  expect(limit.toHost(longs(2, 500_000))).toEqual(ints(2500))
  expect(limit.toHost(longs(0, 1))).toEqual(ints(1))
  expect(limit.toGuest(ints(2500))).toEqual(longs(2, 500_000))
  expect(hostOption(darwin, 0, 33)!.toHost(ints(7))).toEqual(bytes(7))
  const join = hostOption(win32, 0, 35)!
  expect(join.toHost(bytes(224, 1, 2, 3, 0, 0, 0, 0, 9, 0, 0, 0))).toEqual(bytes(224, 1, 2, 3, 0, 0, 0, 9))
  expect(join.toHost(bytes(224, 1, 2, 3, 127, 0, 0, 1))).toEqual(bytes(224, 1, 2, 3, 127, 0, 0, 1))
  expect(hostOption(win32, 0, 32)!.toHost(bytes(0, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0))).toEqual(bytes(127, 0, 0, 1))
})

it('SO_ERROR is a number of Linux', () => {
  expect(hostOption(win32, 1, 4)!.toGuest(ints(10061))).toEqual(ints(111))
  expect(hostOption(darwin, 1, 4)!.toGuest(ints(61))).toEqual(ints(111))
  expect(hostOption(win32, 1, 4)!.toGuest(ints(0))).toEqual(ints(0))
})
