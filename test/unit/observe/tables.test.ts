import { describe, expect, it } from 'vitest'
import { rowsOf } from '../../../src/engine/observe/connection-table-netstat'
import { parseWindowsTable } from '../../../src/engine/observe/connection-table-win32'
import { openProcTable, parseProcNetTcp } from '../../../src/engine/observe/proc-net-tcp'

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:270F 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 17788 1 0000000000000000 100 0 0 10 5
   1: 0100007F:D431 0100007F:270F 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000
   2: 0700A8C0:D432 0100000A:0050 02 00000001:00000000 01:00000064 00000003  1000        0 17790 2 0000000000000000 800 0 0 1 7
   3: 0100007F:270F 0100007F:D433 08 00000000:0000000B 00:00000000 00000000  1000        0 17791 1 0000000000000000 20 4 30 10 -1
`
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:A001 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
`

describe('/proc/net/tcp', () => {
  it('reads every kind of row', () => {
    expect(parseProcNetTcp(TCP)).toEqual([
      { local: { family: 'inet', host: '127.0.0.1', port: 9999 }, remote: { family: 'inet', host: '0.0.0.0', port: 0 }, facts: { state: 'LISTEN', recvq: 3 }, uid: 1000 },
      { local: { family: 'inet', host: '127.0.0.1', port: 54_321 }, remote: { family: 'inet', host: '127.0.0.1', port: 9999 },
        facts: { state: 'TIME_WAIT', recvq: 0, sendq: 0, timer: 'timewait', expires: 60_000 }, uid: 0 },
      { local: { family: 'inet', host: '192.168.0.7', port: 54_322 }, remote: { family: 'inet', host: '10.0.0.1', port: 80 },
        facts: { state: 'SYN_SENT', recvq: 0, sendq: 0, timer: 'retransmit', expires: 1000 }, uid: 1000 },
      { local: { family: 'inet', host: '127.0.0.1', port: 9999 }, remote: { family: 'inet', host: '127.0.0.1', port: 54_323 },
        facts: { state: 'CLOSE_WAIT', recvq: 10, sendq: 0 }, uid: 1000 },
    ])
    expect(parseProcNetTcp(TCP6).map((r) => r.local)).toEqual([
      { family: 'inet6', host: '::1', port: 8080 }, { family: 'inet6', host: '::ffff:127.0.0.1', port: 8080 },
    ])
  })
  it('stands every truncated prefix', () => {
    for (let n = 0; n <= TCP.length; n++) expect(parseProcNetTcp(TCP.slice(0, n)).length).toBeLessThanOrEqual(4)
  })
  it('finds a mapped endpoint by either name, and lives without tcp6', async () => {
    const missing = Object.assign(new Error('no such file'), { code: 'ENOENT' })
    const both = openProcTable((path) => path.endsWith('6') ? TCP6 : TCP)
    const a = { host: '127.0.0.1', port: 8080 }
    const b = { host: '127.0.0.1', port: 40_961 }
    expect(both.lookup({ family: 'inet', ...a }, { family: 'inet', ...b })).toMatchObject({ state: 'ESTABLISHED' })
    expect(both.listening().map((l) => l.recvq)).toEqual([3, 0])
    const v4 = openProcTable((path) => { if (path.endsWith('6')) throw missing; return TCP })
    await v4.refresh()
    expect(v4.listening()).toHaveLength(1)
    const forbidden = openProcTable(() => { throw Object.assign(new Error('denied'), { code: 'EACCES' }) })
    expect(() => forbidden.listening()).toThrow('denied')
  })
})

describe("Windows' table", () => {
  const v4 = new Uint8Array(4 + 2 * 20)
  const view4 = new DataView(v4.buffer)
  view4.setUint32(0, 2, true)
  view4.setUint32(4, 2, true) // LISTEN
  v4.set([127, 0, 0, 1], 8)
  view4.setUint16(12, 9999)
  view4.setUint32(24, 11, true) // TIME_WAIT
  v4.set([192, 168, 1, 7], 28)
  view4.setUint16(32, 50_000)
  v4.set([10, 0, 0, 1], 36)
  view4.setUint16(40, 80)

  it('reads IPv4 rows', () => expect(parseWindowsTable(v4, 'inet')).toEqual([
    { local: { family: 'inet', host: '127.0.0.1', port: 9999 }, remote: { family: 'inet', host: '0.0.0.0', port: 0 }, facts: { state: 'LISTEN' } },
    { local: { family: 'inet', host: '192.168.1.7', port: 50_000 }, remote: { family: 'inet', host: '10.0.0.1', port: 80 }, facts: { state: 'TIME_WAIT' } },
  ]))
  it('reads IPv6 rows with their scope', () => {
    const v6 = new Uint8Array(4 + 52)
    const view = new DataView(v6.buffer)
    view.setUint32(0, 1, true)
    view.setUint32(4, 5, true) // ESTABLISHED
    v6.set([0xfe, 0x80], 8)
    v6[23] = 7
    view.setUint32(24, 12, true)
    view.setUint16(28, 9999)
    v6[32 + 15] = 1
    view.setUint16(52, 40_000)
    expect(parseWindowsTable(v6, 'inet6')).toEqual([
      { local: { family: 'inet6', host: 'fe80::7', port: 9999, scope: 12 }, remote: { family: 'inet6', host: '::1', port: 40_000 }, facts: { state: 'ESTABLISHED' } },
    ])
  })
  it('stands every truncated prefix', () => {
    for (let n = 0; n < v4.length; n++) expect(parseWindowsTable(v4.slice(0, n), 'inet').length).toBe(n < 24 ? 0 : 1)
  })
})

it("reads netstat's rows", () => {
  const row = { protocol: 'tcp4', localAddress: '127.0.0.1', localPort: '9999', peerAddress: '*', peerPort: '*', state: 'LISTEN', pid: 12, process: 'node' }
  expect(rowsOf([
    row,
    { ...row, protocol: 'udp4' },
    { ...row, protocol: 'tcp6', localAddress: '*' },
    { ...row, peerAddress: '127.0.0.1', peerPort: '50000', state: 'FIN_WAIT_2', pid: 0 },
    { ...row, state: 'WHAT' },
  ])).toEqual([
    { local: { family: 'inet', host: '127.0.0.1', port: 9999 }, remote: { family: 'inet', host: '0.0.0.0', port: 0 }, facts: { state: 'LISTEN' }, pid: 12 },
    { local: { family: 'inet6', host: '::', port: 9999 }, remote: { family: 'inet6', host: '::', port: 0 }, facts: { state: 'LISTEN' }, pid: 12 },
    { local: { family: 'inet', host: '127.0.0.1', port: 9999 }, remote: { family: 'inet', host: '127.0.0.1', port: 50_000 }, facts: { state: 'FIN_WAIT_2' } },
  ])
})
