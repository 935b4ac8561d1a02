import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../../src/shared/bytes/utf8'
import { posixLines, posixResult } from '../../../src/shared/calls/posix-line'
import { pythonException, pythonLine, pythonLines, pythonResult } from '../../../src/shared/calls/python-line'
import { SocketNames } from '../../../src/shared/calls/socket-names'
import type { CallModel } from '../../../src/shared/projections/model'
import type { Plain, SockAddr, SyscallName } from '../../../src/shared/trace/events'

const local: SockAddr = { family: 'inet', host: '127.0.0.1', port: 9999 }
const peer: SockAddr = { family: 'inet', host: '127.0.0.1', port: 50000 }

/** A list of calls in order, each returned unless `end` is null. */
class Script {
  readonly calls: CallModel[] = []
  private seq = 0
  add(
    name: SyscallName,
    args: Record<string, Plain>,
    of: { sock?: number; run?: number; end?: Partial<NonNullable<CallModel['end']>> | null } = {},
  ): CallModel {
    const call: CallModel = {
      call: this.calls.length + 1,
      thread: 1,
      run: of.run ?? 1,
      name,
      args,
      seq: this.seq++,
      t: this.seq * 10,
      blocks: [],
    }
    if (of.sock !== undefined) Object.assign(call, { sock: of.sock, fd: of.sock + 2 })
    if (of.end !== null) call.end = { seq: this.seq++, t: this.seq * 10, value: null, ...of.end }
    this.calls.push(call)
    return call
  }
}

describe('the line of Python', () => {
  it('is what a student would write', () => {
    const s = new Script()
    const make = [
      s.add('socket', { family: 'inet', type: 'stream' }, { end: { sock: 1, fd: 3, value: 3 } }),
      s.add('setsockopt', { level: 'SOL_SOCKET', option: 'SO_REUSEADDR', value: 1 }, { sock: 1 }),
      s.add('bind', { address: { ...local } as Plain }, { sock: 1 }),
      s.add('listen', { backlog: 5 }, { sock: 1 }),
      s.add('accept', {}, { sock: 1, end: { sock: 2, fd: 4, value: 4, remote: peer } }),
      s.add('recv', { len: 1024 }, { sock: 2, end: { value: 5, data: { at: 0, len: 5, kept: 5 } } }),
      s.add('send', { len: 3 }, { sock: 2, end: { value: 3, data: { at: 5, len: 3, kept: 3 } } }),
      s.add('shutdown', { how: 'WR' }, { sock: 2 }),
      s.add('abort', {}, { sock: 2 }),
      s.add('close', {}, { sock: 1 }),
      s.add('sleep', { seconds: 0.5 }),
      s.add('input', { prompt: '> ' }, { end: { value: "it's" } }),
    ]
    const names = new SocketNames()
    names.update(s.calls)
    const nameOf = (sock: number | undefined) => names.of(sock)
    expect(make.map((c) => pythonLine(c, nameOf, c.name === 'send' ? { bytes: encodeUtf8('ACK'), whole: true } : undefined))).toEqual([
      'server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)',
      'server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)',
      "server.bind(('127.0.0.1', 9999))",
      'server.listen(5)',
      'conn, addr = server.accept()',
      'conn.recv(1024)',
      "conn.send(b'ACK')",
      'conn.shutdown(socket.SHUT_WR)',
      "conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); conn.close()",
      'server.close()',
      'time.sleep(0.5)',
      "input('> ')",
    ])
    expect(pythonLines(make[8]!, nameOf)).toHaveLength(2)
    expect(make.map((c) => pythonResult(c, nameOf, c.name === 'recv' ? { bytes: encodeUtf8('hello'), whole: true } : undefined))).toEqual([
      '',
      '',
      '',
      '',
      "(conn, ('127.0.0.1', 50000))",
      "b'hello'",
      '3',
      '',
      '',
      '',
      '',
      '"it\'s"',
    ])
  })

  it('tells only what it knows of the bytes', () => {
    const s = new Script()
    const nameOf = () => 'conn'
    const send = s.add('send', { len: 1000 }, { sock: 2, end: { value: 600, data: { at: 0, len: 600, kept: 600 } } })
    expect(pythonLine(send, nameOf, { bytes: new Uint8Array(48), whole: false })).toBe('conn.send(data)')
    expect(pythonLine(send, nameOf)).toBe('conn.send(data)')
    expect(pythonResult(send, nameOf)).toBe('600')
    const recv = s.add('recv', { len: 1024, flags: 'MSG_PEEK' }, { sock: 2, end: { value: 600, data: { at: 0, len: 600, kept: 600 } } })
    expect(pythonLine(recv, nameOf)).toBe('conn.recv(1024, socket.MSG_PEEK)')
    expect(pythonResult(recv, nameOf)).toBe('<600 bytes>')
    expect(pythonResult(recv, nameOf, { bytes: encodeUtf8('abc'), whole: false })).toBe("b'abc'…")
    expect(pythonResult(s.add('recv', { len: 10 }, { sock: 2, end: { value: 0, data: { at: 0, len: 0, kept: 0 } } }), nameOf)).toBe("b''")
    expect(pythonResult(s.add('recv', { len: 10 }, { sock: 2, end: null }), nameOf)).toBeUndefined()
    expect(pythonResult(s.add('recv', { len: 10 }, { sock: 2, end: { errno: 'ECONNRESET' } }), nameOf)).toBeUndefined()
  })

  it('names the exceptions as PEP 3151 does', () => {
    const asked = [
      'ECONNREFUSED',
      'ECONNRESET',
      'EPIPE',
      'ESHUTDOWN',
      'EAGAIN',
      'EALREADY',
      'EINPROGRESS',
      'ECONNABORTED',
      'EACCES',
      'EPERM',
      'EINTR',
      'ETIMEDOUT',
      'ENOENT',
      'EEXIST',
      'EADDRINUSE',
      'EADDRNOTAVAIL',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'EBADF',
      'EMFILE',
      'EISCONN',
      'EINVAL',
    ]
    const run = spawnSync(
      'python3',
      ['-c', `import errno,sys\nfor n in sys.argv[1:]: print(type(OSError(getattr(errno,n),'')).__name__)`, ...asked],
      { encoding: 'utf8' },
    )
    expect(run.stderr).toBe('')
    expect(asked.map(pythonException)).toEqual(run.stdout.trim().split('\n'))
    expect(pythonException('CANCELLED')).toBeUndefined()
    expect(pythonException('POLICY')).toBeUndefined()
    expect(pythonException('TIMEOUT')).toBe('TimeoutError')
  })

  it('is Python that python3 can read, for any arguments', () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 })
    const address = fc.oneof(
      fc.record({ family: fc.constant('inet' as const), host: text, port: fc.nat(65535) }),
      fc.record({ family: fc.constant('inet6' as const), host: text, port: fc.nat(65535), scope: fc.nat(9) }),
      fc.record({ family: fc.constant('unix' as const), path: text }),
    )
    const option = fc.constantFrom('SO_REUSEADDR', 'SO_LINGER', 'SO_RCVTIMEO', 'TCP_NODELAY', 'IPV6_V6ONLY', 'IP_TTL')
    const args = fc.record({
      address,
      option,
      value: fc.integer(),
      len: fc.nat(5),
      backlog: fc.nat(),
      how: fc.constantFrom('RD', 'WR', 'RDWR'),
      seconds: fc.double({ noNaN: true, min: 0, max: 9 }),
      prompt: text,
      family: fc.constantFrom('inet', 'inet6', 'unix'),
      type: fc.constantFrom('stream', 'dgram'),
    })
    const every: SyscallName[] = [
      'socket',
      'bind',
      'listen',
      'accept',
      'connect',
      'send',
      'recv',
      'sendto',
      'recvfrom',
      'shutdown',
      'close',
      'abort',
      'getsockopt',
      'setsockopt',
      'getsockname',
      'getpeername',
      'poll',
      'sleep',
      'input',
    ]
    const s = new Script()
    const lines: string[] = []
    for (const [i, a] of fc.sample(args, 600).entries()) {
      const bytes = Uint8Array.from({ length: a.len }, (_, k) => (i * 37 + k * 11) & 0xff)
      const call = s.add(every[i % every.length]!, a as unknown as Record<string, Plain>, {
        sock: 1 + (i % 3),
        end: { value: 1, remote: peer },
      })
      lines.push(pythonLine(call, () => 's', { bytes, whole: true }))
      const result = pythonResult(call, () => 's', { bytes, whole: true })
      if (result) lines.push(result)
      expect(posixLines(call).join('\n')).not.toMatch(/undefined|[\u202a-\u202e]/)
      expect(posixResult(call)).toMatch(/^= /)
    }
    const check = 'import sys,json,ast\nfor l in json.load(sys.stdin):\n    l.encode("utf-8","surrogatepass"); ast.parse(l)\nprint("ok")'
    const run = spawnSync('python3', ['-c', check], { input: JSON.stringify(lines), encoding: 'utf8' })
    expect(run.stderr).toBe('')
    expect(run.stdout).toBe('ok\n')
  })
})

describe('socket names', () => {
  const open = (s: Script, sock: number, run = 1) =>
    s.add('socket', { family: 'inet', type: 'stream' }, { run, end: { sock, fd: sock + 2, value: sock + 2 } })

  it('numbers what is open at once, and gives a name again after close', () => {
    const s = new Script()
    open(s, 1)
    s.add('connect', { address: { ...local } as Plain }, { sock: 1 })
    open(s, 2)
    s.add('connect', { address: { ...local } as Plain }, { sock: 2 })
    s.add('close', {}, { sock: 1 })
    open(s, 3)
    s.add('connect', { address: { ...local } as Plain }, { sock: 3 })
    open(s, 4, 2)
    s.add('connect', { address: { ...local } as Plain }, { sock: 4, run: 2 })
    open(s, 5)
    const names = new SocketNames()
    names.update(s.calls)
    expect([1, 2, 3, 4, 5, 99].map((n) => names.of(n))).toEqual(['client', 'client2', 'client', 'client', 's', 's'])
  })

  it('comes to the same whether calls come at once or one by one', () => {
    const step = fc.record({
      name: fc.constantFrom<SyscallName>('socket', 'bind', 'connect', 'accept', 'close', 'abort'),
      sock: fc.integer({ min: 1, max: 6 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const s = new Script()
        let made = 0
        const piecewise = new SocketNames()
        for (const { name, sock } of steps) {
          const makes = name === 'socket' || name === 'accept'
          const call = s.add(name, {}, { ...(name === 'socket' ? {} : { sock }), end: null })
          piecewise.update(s.calls)
          call.end = { seq: call.seq, t: call.t, value: null, ...(makes ? { sock: ++made } : {}) }
          piecewise.update(s.calls)
        }
        const whole = new SocketNames()
        whole.update(s.calls)
        for (let n = 0; n <= made; n++) expect(piecewise.of(n)).toBe(whole.of(n))
      }),
    )
  })
})
