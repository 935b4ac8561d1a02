/** Packets and capture files beside the programs that everybody uses for them: tcpdump, dumpcap, tshark, editcap. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CaptureProcess } from '../../src/engine/observe/capture-process'
import { argsOf, findTools, whyNot, type CaptureTool } from '../../src/engine/observe/capture-tool'
import { summarize, type Summary } from '../../src/shared/pcap/summary'
import type { CapturedFrame } from '../../src/shared/pcap/format'
import { CaptureReader } from '../../src/shared/pcap/reader'
import { interfaceBlock, packetBlock, sectionHeader } from '../../src/shared/pcap/writer'
import { framed, pcapFile, pcapngSection, tcp, udp } from '../lib/pcap'
import { lab } from './lib/peer'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'socketscope-interop-'))
})
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

const put = (name: string, bytes: Uint8Array): string => {
  const path = join(dir, name)
  writeFileSync(path, bytes)
  return path
}
const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
function read(file: Uint8Array): CapturedFrame[] {
  const frames: CapturedFrame[] = []
  const reader = new CaptureReader()
  reader.push(file, (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }))
  expect(reader).toMatchObject({ damage: undefined, incomplete: false })
  return frames
}

const FIELDS = ['ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst', 'tcp.srcport', 'udp.srcport', 'tcp.dstport', 'udp.dstport', 'tcp.seq_raw', 'tcp.ack_raw', 'tcp.window_size_value', 'tcp.flags', 'tcp.len', 'udp.length', 'tcp.options.mss_val', 'tcp.options.wscale.shift', 'frame.len', 'frame.cap_len', 'frame.time_epoch']
/** What Wireshark's own decoder makes of each packet. */
function tshark(path: string): Record<string, string>[] {
  const out = execFileSync('tshark', ['-r', path, '-o', 'tcp.relative_sequence_numbers:FALSE', '-T', 'fields', '-E', 'separator=/t', ...FIELDS.flatMap((f) => ['-e', f])], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  return out.trimEnd().split('\n').map((line) => Object.fromEntries(line.split('\t').map((value, i) => [FIELDS[i]!, value])))
}
const BITS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR']
/** The same of ours. */
function fieldsOf(said: Summary): Record<string, string> {
  const out: Record<string, string> = {}
  const v6 = said.from.family === 'inet6'
  if (said.from.family === 'unix' || said.to.family === 'unix') return out
  out[v6 ? 'ipv6.src' : 'ip.src'] = said.from.host
  out[v6 ? 'ipv6.dst' : 'ip.dst'] = said.to.host
  out[`${said.proto}.srcport`] = String(said.from.port)
  out[`${said.proto}.dstport`] = String(said.to.port)
  if (said.proto === 'udp') return { ...out, 'udp.length': String(said.len + 8) }
  return {
    ...out, 'tcp.seq_raw': String(said.seqno), 'tcp.ack_raw': String(said.ackno), 'tcp.window_size_value': String(said.window), 'tcp.len': String(said.len),
    'tcp.flags': `0x${said.flags.reduce((bits, f) => bits | (1 << BITS.indexOf(f)), 0).toString(16).padStart(4, '0')}`,
    ...(said.options?.mss === undefined ? {} : { 'tcp.options.mss_val': String(said.options.mss) }),
    ...(said.options?.ws === undefined ? {} : { 'tcp.options.wscale.shift': String(said.options.ws) }),
  }
}

const four: [[string, number], [string, number]] = [['192.0.2.1', 50_000], ['192.0.2.2', 80]]
const six: [[string, number], [string, number]] = [['2001:db8::1', 50_000], ['2001:db8::2', 80]]
const packets = [four, six].flatMap(([from, to]) => [
  tcp({ from, to, seq: 4_000_000_000, flags: 'SYN', options: [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7] }),
  tcp({ from: to, to: from, seq: 7, ack: 4_000_000_001, flags: 'SYN,ACK', options: [2, 4, 255, 215] }),
  tcp({ from, to, seq: 4_000_000_001, ack: 8, flags: 'PSH,ACK', window: 502, payload: new Uint8Array(100) }),
  tcp({ from: to, to: from, seq: 8, ack: 4_000_000_101, flags: 'FIN,ACK,ECE' }),
  udp(from, [to[0], 40_000], new Uint8Array(33)),
])

describe('what Wireshark\'s decoder says, ours says too', () => {
  it.each(['ethernet', 'vlan', 'raw', 'null', 'loop', 'sll', 'sll2'] as const)('%s', (link) => {
    const frames = packets.map((p, i) => ({ bytes: framed(link, p).bytes, sec: 1_700_000_000, ns: i * 1000 }))
    const path = put(`${link}.pcap`, pcapFile(framed(link, packets[0]!).link, frames))
    const theirs = tshark(path)
    expect(theirs).toHaveLength(packets.length)
    read(readFileSync(path)).forEach((frame, i) => {
      expect(theirs[i]).toMatchObject(fieldsOf(summarize(frame.link, frame.bytes, frame.wire)))
    })
  })

  it.each([[true, 6], [false, 9], [true, 0x8a]] as const)('pcapng, little %s, resolution %s', (little, resolution) => {
    const frames = packets.map((p, i) => ({ bytes: framed('raw', p).bytes, sec: 1_700_000_000 + i, ns: 500_000_000 }))
    const path = put('built.pcapng', pcapngSection([{ link: 101, name: 'tun0', resolution }], frames, { little }))
    expect(tshark(path).map((f) => Number(f['frame.time_epoch']))).toEqual(read(readFileSync(path)).map((f) => f.sec! + f.ns / 1e9))
  })
})

describe('the files that we write', () => {
  const file = (): Uint8Array => concat(
    sectionHeader({ app: 'Socketscope test', os: 'linux' }),
    interfaceBlock({ link: 1, name: 'lo', resolution: 'ns' }), interfaceBlock({ link: 276, name: 'any', resolution: 'ns' }),
    ...packets.map((p, i) => {
      const { link, bytes } = framed(i % 2 ? 'sll2' : 'ethernet', p)
      const held = i === 2 ? bytes.subarray(0, 90) : bytes
      return packetBlock({ interface: link === 1 ? 0 : 1, sec: 1_700_000_000, ns: 123_456_000 + i, resolution: 'ns', wire: bytes.length, bytes: held })
    }),
  )

  it('tshark and tcpdump read them, to the nanosecond, with the length that passed', () => {
    const path = put('ours.pcapng', file())
    const theirs = tshark(path)
    expect(theirs).toHaveLength(packets.length)
    read(file()).forEach((frame, i) => {
      expect(theirs[i]).toMatchObject({ 'frame.len': String(frame.wire), 'frame.cap_len': String(frame.bytes.length) })
      expect(theirs[i]!['frame.time_epoch']).toBe(`${frame.sec}.${String(frame.ns).padStart(9, '0')}`)
      if (i !== 2) expect(theirs[i]).toMatchObject(fieldsOf(summarize(frame.link, frame.bytes, frame.wire)))
    })
    const one = concat(
      sectionHeader({ app: 'x' }), interfaceBlock({ link: 1, resolution: 'us' }),
      ...packets.map((p) => packetBlock({ interface: 0, sec: 1, ns: 0, wire: p.length + 14, bytes: framed('ethernet', p).bytes })),
    )
    const lines = execFileSync('tcpdump', ['-n', '-r', put('one.pcapng', one)], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trimEnd().split('\n')
    expect(lines).toHaveLength(packets.length)
    expect(lines[0]).toContain('192.0.2.1.50000 > 192.0.2.2.80: Flags [S], seq 4000000000')
  })

  it('editcap turns them into every other kind, and we read what it writes', () => {
    const path = put('raw.pcapng', concat(
      sectionHeader({ app: 'x' }), interfaceBlock({ link: 101, resolution: 'ns' }),
      ...packets.map((p, i) => packetBlock({ interface: 0, sec: 1_700_000_000, ns: 111_222_333 + i, resolution: 'ns', wire: p.length, bytes: p })),
    ))
    for (const kind of ['pcap', 'nsecpcap', 'pcapng']) {
      const other = join(dir, `other.${kind}`)
      execFileSync('editcap', ['-F', kind, path, other], { stdio: 'ignore' })
      const frames = read(readFileSync(other))
      expect(frames.map((f) => Uint8Array.from(f.bytes))).toEqual(packets)
      expect(frames.map((f) => [f.sec, f.ns])).toEqual(packets.map((_, i) => [1_700_000_000, kind === 'pcap' ? 111_222_000 : 111_222_333 + i]))
    }
  })
})

/** Something that passes on loopback, until it has been seen. */
async function traffic(seen: () => boolean): Promise<void> {
  const server = createServer((socket) => socket.end('x'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const until = performance.now() + 20_000
  while (!seen() && performance.now() < until) {
    const client = connect(port, '127.0.0.1')
    client.resume()
    await once(client, 'close')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  server.close()
}

describe('the programs that capture', () => {
  it.each(['tcpdump', 'dumpcap'] as const)('%s: its packets come through the pipe, and it is gone when we stop', async (name) => {
    const tool = (await findTools()).find((t) => t.name === name)
    expect(tool).toBeDefined()
    const frames: CapturedFrame[] = []
    const started = await CaptureProcess.start(tool!, 'lo', [], (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }))
    if (!started.ok) throw new Error(started.error.message)
    await traffic(() => frames.some((f) => summarize(f.link, f.bytes, f.wire).flags.includes('SYN')))
    const end = await started.value.stop()
    expect(end.error).toBeUndefined()
    expect(end.dropped).toBeTypeOf('number')
    expect(() => process.kill(started.value.pid!, 0)).toThrow()
    const syn = frames.find((f) => summarize(f.link, f.bytes, f.wire).flags.includes('SYN'))!
    expect(Math.abs(syn.sec! - Date.now() / 1000)).toBeLessThan(120)
  })

  it('an interface that is not there, and a user who may not: the tool\'s own words become one line', async () => {
    const [tool] = await findTools()
    const none = await CaptureProcess.start(tool!, 'nothing0', [], () => {})
    expect(none).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE', message: expect.stringMatching(/nothing0/) as string } })
    // as an ordinary user, where the tests are root's
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    const child = spawn(tool!.path, argsOf(tool!, 'lo', []), { stdio: ['ignore', 'ignore', 'pipe'], ...nobody })
    let words = ''
    child.stderr!.on('data', (text: Buffer) => (words += text.toString()))
    await once(child, 'close')
    expect(whyNot(tool!, words)).toMatchObject({ code: 'NO_RIGHT', message: expect.stringContaining('setcap') as string })
  })

  it.each([
    ['linux', 'dumpcap', 'Couldn\'t run dumpcap in child process: Permission denied', 'usermod -aG wireshark'],
    ['darwin', 'tcpdump', 'tcpdump: lo0: You don\'t have permission to capture on that device\n((cannot open BPF device) /dev/bpf0: Permission denied)', 'ChmodBPF'],
    ['win32', 'dumpcap', 'The capture session could not be initiated: failed to set hardware filter; Npcap: admin privileges denied', 'Npcap'],
  ] as const)('on %s', (platform, name, words, hint) => {
    const tool: CaptureTool = { name, path: `/somewhere/${name}` }
    expect(whyNot(tool, words, platform)).toMatchObject({ code: 'NO_RIGHT', message: expect.stringContaining(hint) as string })
  })

  it('an engine that is killed leaves nothing behind', async () => {
    const engine = spawn(process.execPath, ['--import', 'tsx', 'test/fixtures/capture-and-wait.mts'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(engine.stdout!, 'data') as [Buffer]
    expect(line.toString()).toBe('capturing\n')
    const below = (pid: number): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((p) => {
      try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${p}/stat`, 'utf8'))?.[1]) === pid
      } catch {
        return false // it ended while we looked
      }
    })
    const guards = below(engine.pid!)
    const tools = guards.flatMap(below)
    expect(tools.length).toBeGreaterThan(0)
    const gone = once(engine, 'close')
    engine.kill('SIGKILL')
    await gone
    const left = () => [...guards, ...tools].filter((pid) => {
      try {
        process.kill(pid, 0)
        return true
      } catch {
        return false
      }
    })
    const until = performance.now() + 20_000
    while (left().length > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(left()).toEqual([])
  })
})

describe('lab --capture', () => {
  it('writes the run\'s packets', async () => {
    const path = join(dir, 'run.pcapng')
    const server = lab('tcp-server', '--port', '0', '--capture', path)
    const port = await server.port()
    const client = lab('tcp-client', '--port', String(port))
    expect(await client.finish()).toEqual({ code: 0, signal: null })
    server.child.kill('SIGINT')
    expect(await server.finish()).toEqual({ code: 0, signal: null })
    const theirs = tshark(path)
    expect(theirs.filter((f) => f['tcp.flags'] === '0x0002')).toHaveLength(1)
    expect(theirs.filter((f) => f['tcp.len'] !== '0').map((f) => f['tcp.len'])).toEqual(['5', '3'])
    expect(theirs.every((f) => f['tcp.srcport'] === String(port) || f['tcp.dstport'] === String(port))).toBe(true)
  })

  it('a file that cannot be written is said before the program runs', async () => {
    const peer = lab('tcp-server', '--port', '0', '--capture', '/no/such/folder/x')
    expect(await peer.finish()).toEqual({ code: 2, signal: null })
    expect(peer.err).toMatch(/--capture: cannot write/)
  })
})
