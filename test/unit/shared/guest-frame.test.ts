/** The flat form of a guest's send() and recv(): what Python packs is what the engine reads, and nothing else is a call. */
import { expect, it } from 'vitest'
import { address, answerFrame, answerOf, frameId, isFrame, readFrame, threadOf } from '../../../src/shared/contract/guest-frame'

const hex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text.replaceAll(' ', '').match(/../g) ?? [], (byte) => parseInt(byte, 16))
const NEVER = '00 00 00 00 00 00 f8 7f'
/** struct.pack('<BIIBiiBdIH', 0xc1, 7, 300, 1, 5, 12, 0, nan, 0, 4) + b'a.py' + b'hi' */
const SEND = hex(`c1 07000000 2c010000 01 05000000 0c000000 00 ${NEVER} 00000000 0400 612e7079 6869`)
/** struct.pack('<BIIBiiBdIH', 0xc1, 8, 1, 2, 5, -1, 3, 1.5, 4096, 0) */
const RECV = hex('c1 08000000 01000000 02 05000000 ffffffff 03 000000000000f83f 00100000 0000')

it('reads what Python packs', () => {
  expect(readFrame(SEND)).toEqual({ id: 7, thread: 300, call: { name: 'send', fd: 5, data: hex('6869') }, file: 'a.py', line: 12 })
  expect(readFrame(RECV)).toEqual({ id: 8, thread: 1, call: { name: 'recv', fd: 5, n: 4096, flags: ['PEEK', 'DONTWAIT'] }, timeout: 1.5 })
})

it('gets its id and the name of its thread on its way', () => {
  const frame = SEND.slice()
  address(frame, 0xffff_fffe, 4_000_000_000)
  expect([frameId(frame), threadOf(frame)]).toEqual([0xffff_fffe, 4_000_000_000])
  expect(readFrame(frame)).toMatchObject({ id: 0xffff_fffe, thread: 4_000_000_000, file: 'a.py' })
})

it('no prefix of a call is another call, but for a shorter send()', () => {
  const whole = SEND.length - 2
  for (let n = 0; n < SEND.length; n++) expect(readFrame(SEND.subarray(0, n)) === undefined, `${n} bytes`).toBe(n < whole)
  for (let n = 0; n < RECV.length; n++) expect(readFrame(RECV.subarray(0, n)), `${n} bytes`).toBeUndefined()
})

it.each([
  ['another first byte', 0, 'c2'], ['no call of that number', 9, '03'], ['a descriptor below -1', 10, 'feffffff'], ['a line below -1', 14, 'feffffff'],
  ['a flag without a name', 18, '40'], ['a negative time', 19, '000000000000f0bf'], ['more than a billion seconds', 19, '000000000000f07f'],
  ['more than one recv() may ask for', 27, '01000001'], ['a longer file than there is', 31, '0100'], ['a file that is no text', 31, '0200 c328'], ['bytes after a recv()', 31, '0000 00'],
])('refuses %s', (_, at, bytes) => {
  const put = hex(bytes)
  const frame = new Uint8Array(Math.max(RECV.length, at + put.length))
  frame.set(RECV)
  frame.set(put, at)
  expect(readFrame(frame)).toBeUndefined()
})

it('answers a number and bytes flatly, all else in the general form', () => {
  const sent = answerFrame(7, { value: 70_000 })!
  expect(sent).toEqual(hex('c1 07000000 70110100'))
  expect(isFrame(sent)).toBe(true)
  const got = answerFrame(8, { value: 2, bytes: hex('6869') })!
  expect([frameId(got), answerOf(got)]).toEqual([8, hex('02000000 6869')])
  expect(answerFrame(9, { value: null, errno: 'EAGAIN' })).toBeUndefined()
  expect(answerFrame(9, { value: 2, bytes: hex('6869'), size: 9 })).toBeUndefined()
})
