/** The datagram programs make the very calls of their Python twins, print the same, and lose the same datagrams for the same seed. */
import { describe, expect, it } from 'vitest'
import { listInterfaces } from '../../src/engine/observe/interfaces'
import { lab, startPython, type Peer } from './lib/peer'
import { expectSame, type Scenario } from './lib/same'
import { startTwin } from './lib/twin'

/** From a port (0: any): prints it, sends each of its other arguments as a datagram, prints what comes back until half a second is silent. */
const ASK = `
import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
to = (sys.argv[1], int(sys.argv[2]))
s.bind(('', int(sys.argv[3])))
print(s.getsockname()[1])
for text in sys.argv[4:]: s.sendto(text.encode(), to)
try:
    while True: print(s.recv(65535).decode())
except TimeoutError: pass
`
const ask = async (host: string, port: number, from: number, texts: readonly string[]): Promise<{ from: number; answers: string[] }> => {
  const client = startPython(ASK, host, String(port), String(from), ...texts)
  await client.finish()
  const [own, ...answers] = client.lines
  return { from: Number(own), answers }
}

/** A client that leaves as soon as it has sent. */
const finishes = (code: number): Scenario => async (client) => {
  expect(await client.finish(), client.err).toMatchObject({ code })
}

describe('udp-server', () => {
  const requests = Array.from({ length: 12 }, (_, i) => `text ${i}`)
  /** The datagrams of one client, from the same port for both servers, so that their calls are the same to the last number. */
  const scenario = (host: string, answers: string[][]): Scenario => {
    let from = 0
    return async (server, stop) => {
      const got = await ask(host, await server.port(), from, requests)
      from = got.from
      answers.push(got.answers)
      await server.line(/ sent /, requests.length)
      await stop()
    }
  }

  it.each(['127.0.0.1', '::1'])('on %s', async (host) => {
    const answers: string[][] = []
    const { calls } = await expectSame('udp-server', { host, port: 0 }, scenario(host, answers))
    expect(answers[0]).toEqual(requests.map((r) => r.toUpperCase()))
    expect(answers[1]).toEqual(answers[0])
    expect(calls[0]!.slice(3, 5)).toEqual(['s1 recvfrom 65535 = 6', expect.stringMatching(/^s1 sendto 6 .+ = 6$/)])
  })

  it('cuts what is longer than its buffer', async () => {
    const answers: string[][] = []
    await expectSame('udp-server', { port: 0, bufsize: 4, behaviour: 'echo' }, scenario('127.0.0.1', answers))
    expect(answers[0]).toEqual(requests.map(() => 'text'))
  })

  it('with a seed: loses, duplicates and reorders the same datagrams as Python', async () => {
    const answers: string[][] = []
    const given = { port: 0, behaviour: 'echo', loss: 0.3, duplicate: 0.3, reorder: 0.3, seed: 9 }
    const { printed } = await expectSame('udp-server', given, scenario('127.0.0.1', answers))
    expect(answers[1]).toEqual(answers[0])
    expect(printed.filter((line) => line.endsWith(': dropped')).length).toBeGreaterThan(1)
    // some twice, some out of order: else this would prove nothing
    expect(new Set(answers[0]).size).toBeLessThan(answers[0]!.length)
    expect([...new Set(answers[0])]).not.toEqual([...new Set(answers[0])].sort((a, b) => requests.indexOf(a) - requests.indexOf(b)))
  })

  it('delays from a thread of its own', async () => {
    const answers: string[][] = []
    const { calls } = await expectSame('udp-server', { port: 0, delay: 20, behaviour: 'echo' }, scenario('127.0.0.1', answers))
    expect(answers).toEqual([requests, requests])
    expect(calls).toHaveLength(2)
    expect(calls[1]).toHaveLength(requests.length)
  })
})

describe('udp-client', () => {
  it('asks, is answered', async () => {
    const port = await startTwin('udp-server', { port: 0 }).port()
    const { calls, printed } = await expectSame('udp-client', { port }, finishes(0))
    expect(calls).toEqual([['s1 = socket AF_INET SOCK_DGRAM', `s1 sendto 5 127.0.0.1:${port} = 5`, 's1 recvfrom 65535 = 5', 's1 close']])
    expect(printed).toEqual(["sent b'hello', waiting up to 0.1 s", "received b'HELLO'"])
  })

  it('connected, over IPv6', async () => {
    const port = await startTwin('udp-server', { host: '::1', port: 0 }).port()
    const { calls } = await expectSame('udp-client', { host: '::1', port, connected: true }, finishes(0))
    expect(calls[0]!.slice(1)).toEqual([`s1 connect ::1:${port}`, 's1 send 5 = 5', 's1 recv 65535 = 5', 's1 close'])
  })

  it('sends bytes that are no text, alone and with a number', async () => {
    const silent = startPython("import socket\ns = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); print('listening on x:%d' % s.getsockname()[1]); input()")
    const port = await silent.port()
    const once = await expectSame('udp-client', { port, hex: 'ff 00:41', timeout: 0.01, 'give-up': 0.01 }, finishes(1))
    expect(once.printed[0]).toBe("sent b'\\xff\\x00A', waiting up to 0.01 s")
    const twice = await expectSame('udp-client', { port, hex: 'ff', count: 2, timeout: 0.01, 'give-up': 0.01 }, finishes(1))
    expect(twice.printed.filter((line) => line.includes('sent'))).toEqual([1, 2].map((n) => `request ${n}: sent b'\\xff ${n}', waiting up to 0.01 s`))
  })

  it('asks again with twice the patience, and gives up', async () => {
    // bound, and never answers
    const silent = startPython("import socket\ns = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); print('listening on x:%d' % s.getsockname()[1]); input()")
    const port = await silent.port()
    const { calls, printed } = await expectSame('udp-client', { port, timeout: 0.01, 'give-up': 0.1 }, finishes(1))
    expect(calls[0]!.filter((call) => call.startsWith('s1 sendto'))).toHaveLength(4)
    expect(printed).toEqual([...[0.01, 0.02, 0.04, 0.08].map((s) => `sent b'hello', waiting up to ${s} s`), 'server seems down'])
  })

  it('the course\'s patience: 0.1 s, doubled, given up past 2 s', async () => {
    const silent = startTwin('udp-server', { port: 0, loss: 1 })
    const client = lab('udp-client', '--port', String(await silent.port()))
    const begun = performance.now()
    expect(await client.finish()).toMatchObject({ code: 1 })
    // 0.1 + 0.2 + 0.4 + 0.8 + 1.6
    expect(performance.now() - begun).toBeGreaterThan(3100)
    expect(client.lines).toEqual([...['0.1', '0.2', '0.4', '0.8', '1.6'].map((s) => `sent b'hello', waiting up to ${s} s`), 'server seems down'])
  })

  it('connected, with nobody there: the ICMP error reaches it', async () => {
    const gone = startTwin('udp-server', { port: 0 })
    const port = await gone.port()
    await gone.stop('SIGKILL')
    const { calls } = await expectSame('udp-client', { port, connected: true }, finishes(1))
    expect(calls[0]!.slice(2)).toEqual(['s1 send 5 = 5', 's1 recv 65535 = ECONNREFUSED', 's1 close'])
  })

  it('one byte too many', async () => {
    const { calls } = await expectSame('udp-client', { port: 9, send: 'x'.repeat(65_508) }, finishes(1))
    expect(calls[0]!.slice(1)).toEqual(['s1 sendto 65508 127.0.0.1:9 = EMSGSIZE', 's1 close'])
  })

  it('several clients at once: each in its thread, from its own socket', async () => {
    const port = await startTwin('udp-server', { port: 0 }).port()
    for (const run of [startTwin, labOf]) {
      const client = run('udp-client', { port, count: 200, parallel: 4 })
      expect(await client.finish()).toMatchObject({ code: 0 })
      expect(client.lines.at(-2)).toMatch(/^200 of 200 answered, 0 given up, /)
    }
  })
})

const labOf = (program: string, given: Record<string, string | number | boolean>): Peer =>
  lab(program, ...Object.entries(given).map(([name, value]) => `--${name}=${value}`))

/** A server that answers as it is told: for each request a list of the answers that it sends now. */
const SCRIPTED = `
import ast, socket, sys
plan = ast.literal_eval(sys.argv[1])
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('listening on 127.0.0.1:%d' % s.getsockname()[1])
while True:
    data, client = s.recvfrom(65535)
    n = data.decode().split(' ')[-1]
    for answer in plan.get(n, []): s.sendto(answer.encode(), client)
`
const impatient = { timeout: 0.05, 'give-up': 0.05 }

describe('what a bad network does to a client', () => {
  const scripted = (plan: Record<string, string[]>): Promise<number> => startPython(SCRIPTED, JSON.stringify(plan)).port()

  it('a second answer, a late one and one out of order are caught and named', async () => {
    const port = await scripted({ 1: ['A 1', 'A 1'], 2: ['A 2'], 3: [], 4: [], 5: ['A 3', 'A 5'], 6: ['A 4', 'A 6'], 7: ['what', 'A 99', 'A 7'] })
    const { printed } = await expectSame('udp-client', { port, count: 7, ...impatient }, finishes(0))
    expect(printed).toContain('request 2: a second answer to request 1')
    expect(printed).toContain('request 5: a late answer to request 3')
    expect(printed).toContain('request 6: a late answer to request 4')
    expect(printed).toContain('request 6: it came after the answer to request 5: out of order')
    expect(printed).not.toContain('request 5: it came after the answer to request 4: out of order')
    expect(printed.filter((line) => line === 'request 7: ignored what is no answer')).toHaveLength(2)
    expect(printed.slice(-2)).toEqual(['5 of 7 answered, 2 given up, 7 attempts', '2 late, 1 repeated, 1 out of order'])
  })

  it('a naive client takes an answer to an earlier question for its own', async () => {
    const port = await scripted({ 1: ['A 1', 'A 1'], 2: ['A 2'] })
    const { printed } = await expectSame('udp-client', { port, count: 2, naive: true }, finishes(0))
    expect(printed).toContain("request 2: received b'A 1'")
  })

  it('an answer from somebody else is ignored', async () => {
    const server = startPython(`
import socket
s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); print('listening on 127.0.0.1:%d' % s.getsockname()[1])
while True:
    data, client = s.recvfrom(100)
    other = socket.socket(type=socket.SOCK_DGRAM); other.sendto(b'forged', client); s.sendto(data.upper(), client)
`)
    const { printed } = await expectSame('udp-client', { port: await server.port() }, finishes(0))
    expect(printed.slice(1)).toEqual(['ignored a datagram from 127.0.0.1:PORT', "received b'HELLO'"])
  })
})

describe('udp-broadcast', () => {
  it.each([[true, 0], [false, 1]])('over the loopback, SO_BROADCAST %s', async (broadcast, code) => {
    const receiver = startTwin('udp-server', { host: '0.0.0.0', port: 0 })
    const given = { interface: 'lo', port: await receiver.port(), broadcast, wait: 0.3 }
    const { calls, printed } = await expectSame('udp-broadcast', given, finishes(code))
    expect(printed.slice(0, 3)).toEqual([
      'address   127.0.0.1       01111111.00000000.00000000.00000001',
      'netmask   255.0.0.0       11111111.00000000.00000000.00000000',
      'broadcast 127.255.255.255 01111111.11111111.11111111.11111111',
    ])
    if (broadcast) expect(printed.slice(4)).toEqual(["127.0.0.1:PORT answered b'HELLO'", '1 answers'])
    else expect(calls[0]).toContain(`s1 sendto 5 127.255.255.255:${given.port} = EACCES`)
  })
})

const able = listInterfaces().find((i) => i.up && !i.loopback && i.addresses.some((a) => a.family === 'inet6'))
describe('multicast-member', () => {
  it.each([['inet6', able?.name], ['inet', 'lo']] as const)('%s', async (family, on) => {
    if (on === undefined) throw new Error('this machine has no interface with IPv6 but the loopback: add one (ip link add type dummy)')
    const given = { family, interface: on, port: 5107, name: '안나', send: 'hi', ttl: 0 }
    const { calls, printed } = await expectSame('multicast-member', given, async (member) => {
      // it hears itself, and ends with its input
      await member.line(/ 안나: hi$/)
      expect(await member.finish(), member.err).toMatchObject({ code: 0 })
    })
    expect(printed).toHaveLength(3)
    expect(calls[0]!.filter((call) => call.includes('setsockopt'))).toHaveLength(6)
    expect(calls[0]!.at(-2)).toMatch(/(IPV6_LEAVE_GROUP ff12::5057|IP_DROP_MEMBERSHIP 239\.255\.80\.87)$/)
  })
})
