/** The course's TCP exercises with the built-in programs, as a student does them: start, look, break it, mend it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { calls, exercise, openLab, sayHello, segments, startServer, statesOf, view, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage

beforeAll(async () => { browser = await launchChromium() })
afterAll(async () => { await browser.close() })
// tall, so that a whole connection is drawn at once
beforeEach(async () => { lab = await openLab(browser, { viewport: { width: 1600, height: 1500 } }) })
afterEach(async () => { await lab.leave() })

const flow = async (): Promise<string[]> => (await segments(lab)).map(({ from, flags }) => `${from} ${flags}`)
const client = (): Promise<void> => lab.clients.getByRole('button', { name: 'Start client' }).click()
const title = (name: RegExp) => lab.runs.getByRole('button', { name })

/** A python3 client of the ACK server, which waits for the server to close: so the server is always the first. */
async function pythonClient(port: string): Promise<void> {
  const source = `import socket\ns = socket.create_connection(('127.0.0.1', ${port}))\ns.sendall(b'from python')\nprint(s.recv(99))\nprint(s.recv(99))`
  const python = spawn('python3', ['-c', source])
  const [out, [code]] = await Promise.all([python.stdout.setEncoding('utf8').toArray() as Promise<string[]>, once(python, 'exit') as Promise<[number]>])
  expect([out.join(''), code]).toEqual(["b'ACK'\nb''\n", 0])
}

describe('the threaded ACK server and its client', () => {
  it('hello, ACK: output, ladder, states, calls and buffers all tell the same', async () => {
    await exercise(lab, /ACK server/)
    expect(await lab.server.getByRole('combobox', { name: 'Listen on' }).inputValue()).toBe('0.0.0.0')
    expect(await lab.server.getByRole('textbox', { name: 'Backlog' }).inputValue()).toBe('5')
    await sayHello(lab)

    const wire = await segments(lab)
    const text = wire.map(({ from, flags }) => `${from} ${flags}`)
    expect(text.slice(0, 4)).toEqual(['client SYN', 'server SYN,ACK', 'client ACK', 'client PSH,ACK'])
    expect(wire.filter((one) => one.len > 0).map(({ from, len }) => [from, len])).toEqual([['client', 5], ['server', 3]])
    // both close; the server is first as a rule, and whoever is first keeps TIME_WAIT
    const fins = text.filter((one) => one.includes('FIN'))
    expect([...fins].sort()).toEqual(['client FIN,ACK', 'server FIN,ACK'])
    expect(text.filter((one) => one.includes('RST'))).toEqual([])
    const [first, second] = fins[0] === 'server FIN,ACK' ? ['server', 'client'] as const : ['client', 'server'] as const
    const path = async (side: 'client' | 'server'): Promise<string[]> => (await statesOf(lab, side)).map(({ state }) => state)
    expect(await path(second)).toEqual([second === 'client' ? 'SYN_SENT' : 'SYN_RCVD', 'ESTABLISHED', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSED'])
    const active = await path(first)
    expect(active.slice(0, 3)).toEqual([first === 'client' ? 'SYN_SENT' : 'SYN_RCVD', 'ESTABLISHED', 'FIN_WAIT_1'])
    expect(active.at(-1)).toBe('TIME_WAIT')
    // the token stands where the ladder says
    await lab.picture.getByRole('figure', { name: 'TCP state diagram' }).getByText(new RegExp(`${first}: .* → TIME_WAIT`)).waitFor()
    await lab.picture.getByText(/\d+ s left/).waitFor()

    const log = await calls(lab)
    const said = (text: string) => log.filter((row) => row.text.includes(text))
    expect(said("client.send(b'hello')")).toMatchObject([{ thread: 'main · tcp-client' }])
    expect(said('conn.recv(1024)')[0]).toMatchObject({ thread: 'client 1 · tcp-server', text: expect.stringContaining("b'hello'") as string })
    expect(said("conn.send(b'ACK')")).toMatchObject([{ thread: 'client 1 · tcp-server' }])
    expect(said('client.recv(4096)')[0]?.text).toContain("b'ACK'")
    // accept() had waited for the client, and says for how long
    expect(said('server.accept()')[0]?.blocked).not.toBe('')

    await view(lab, 'Buffers')
    const up = lab.picture.getByRole('region', { name: 'Bytes from client to server' })
    await up.getByText('client sent 5 in 1 send()').waitFor()
    await up.getByText('server received 5 in 1 recv()').waitFor()
    await lab.picture.getByRole('region', { name: 'client → server' }).getByText('68 65 6c 6c 6f').waitFor()
    await title(/^tcp-server/).click()
    await lab.runs.getByText(/sent b'hello'/).waitFor()
  })

  it('one moment has one time: on the ladder, in the call log and on the timeline', async () => {
    await sayHello(lab)
    const sent = (await calls(lab)).find((row) => row.text.startsWith('client.send('))
    const data = (await segments(lab)).find((one) => one.len === 5)
    expect(Number(data?.at) - Number(sent?.time)).toBeGreaterThanOrEqual(0)
    expect(Number(data?.at) - Number(sent?.time)).toBeLessThan(0.1)
    const end = await lab.timeline.getByText(/^\d+\.\d{6} s/).innerText()
    expect(Number.parseFloat(end)).toBeGreaterThanOrEqual(Number(data?.at))
  })

  it('several clients at once, each in a thread of its own', async () => {
    await startServer(lab)
    await lab.clients.getByRole('textbox', { name: 'How many' }).fill('12')
    await lab.clients.getByRole('button', { name: 'Start 12 clients' }).click()
    await lab.runs.getByText('1 running of 13').waitFor()
    await expect.poll(() => lab.picture.getByRole('combobox', { name: 'Connection' }).locator('option').allInnerTexts()).toSatisfy((all: string[]) =>
      all.length === 13 && all.slice(1).every((one) => one.endsWith('closed')))
    await view(lab, 'Threads')
    await lab.picture.getByRole('button', { name: /client 12/ }).first().waitFor()
  })

  it('with no server: refused, explained, and one click mends it', async () => {
    const port = await startServer(lab)
    await lab.runs.getByRole('button', { name: /^Stop tcp-server/ }).click()
    await title(/stopped/).waitFor()
    await client()
    const note = lab.runs.getByRole('alert')
    await note.getByText('ECONNREFUSED').waitFor()
    expect(await note.innerText()).toMatch(new RegExp(`Nothing listens on 127.0.0.1:${port}[^]*start`, 'i'))
    await expect.poll(flow).toEqual(['client SYN', 'server RST,ACK'])
    await lab.picture.getByText('connection refused').waitFor()
    await note.getByRole('button', { name: 'Start a server there' }).click()
    await title(/^tcp-server.*running/).waitFor()
    await client()
    await lab.runs.getByText("received b'ACK'").waitFor()
  })

  it('over IPv6: ::1, and :: which takes IPv6', async () => {
    for (const host of ['::1', '::']) {
      await lab.server.getByRole('combobox', { name: 'Listen on' }).selectOption(host)
      await sayHello(lab)
      await expect.poll(() => lab.clients.getByRole('combobox', { name: 'Connect to' }).inputValue()).toBe('::1')
      await lab.picture.getByRole('region', { name: 'Ladder of the connection' }).getByText(/\[::1\]:\d+/).first().waitFor()
    }
  })

  it('uppercase', async () => {
    await exercise(lab, /Uppercase/)
    await startServer(lab)
    await lab.clients.getByRole('textbox', { name: 'Send' }).fill('naïve hello')
    await client()
    await lab.runs.getByText("received b'NA\\xc3\\xafVE HELLO'").waitFor()
  })
})

describe('the iterative echo server', () => {
  beforeEach(async () => { await exercise(lab, /Echo server/) })
  const input = () => lab.runs.getByRole('textbox', { name: 'A line for input()' })

  async function echoClient(): Promise<void> {
    const before = await title(/^echo-client/).count()
    await client()
    await expect.poll(() => title(/^echo-client/).count()).toBe(before + 1)
  }

  it('serves one client at a time: the second waits in the accept queue, connected and unanswered', async () => {
    await startServer(lab)
    await echoClient()
    await input().fill('first')
    await input().press('Enter')
    await lab.runs.getByText("received b'first'").waitFor()
    await echoClient()
    await lab.runs.getByText(/^connected to /).waitFor()
    await input().fill('second')
    await input().press('Enter')
    await view(lab, 'Queues')
    const queue = lab.picture.getByRole('meter', { name: 'accept queue' })
    await expect.poll(() => queue.getAttribute('aria-valuenow')).toBe('1')
    // it is connected, it has sent, and it waits in recv()
    await expect.poll(async () => (await calls(lab)).filter((row) => row.text.includes('recv(6)') && row.text.includes('waits for the peer')).length).toBe(1)

    await title(/^echo-client/).last().click()
    await input().press('Enter')
    await title(/^echo-client.*ended/).waitFor()
    await expect.poll(() => queue.getAttribute('aria-valuenow')).toBe('0')
    await title(/^echo-client/).first().click()
    await lab.runs.getByText("received b'second'").waitFor()
  })

  it('survives an aborted client: RST on the ladder, ECONNRESET in its output, and the next one is served', async () => {
    const port = await startServer(lab)
    await lab.page.getByRole('tab', { name: 'By hand' }).click()
    const press = (name: string): Promise<void> => lab.clientHand.getByRole('button', { name, exact: true }).click()
    await press('socket')
    await lab.clientHand.getByRole('textbox', { name: 'Port' }).fill(port)
    await press('connect')
    await press('send')
    await lab.picture.getByText(/conn\.recv\(1024\)\s*→ b'hello/).waitFor()
    await press('abort')
    await lab.picture.getByText('connection reset').waitFor()
    expect((await flow()).at(-1)).toBe('client RST,ACK')
    await lab.page.getByRole('tab', { name: 'Server & clients' }).click()
    await lab.runs.getByText(/ECONNRESET/).waitFor()
    await echoClient()
    await input().fill('two')
    await input().press('Enter')
    await lab.runs.getByText("received b'two'").waitFor()
    await title(/^tcp-server.*running/).waitFor()
  })

  it('address in use on restart, because of TIME_WAIT; SO_REUSEADDR is the cure', async () => {
    // a server that closes first leaves TIME_WAIT on its port: the ACK server does
    await lab.server.getByRole('combobox', { name: 'Behaviour' }).selectOption('ack')
    const start = lab.server.getByRole('button', { name: 'Start server' })
    const reuse = lab.server.getByRole('switch', { name: 'SO_REUSEADDR' })
    const stop = async (): Promise<void> => {
      await lab.runs.getByRole('button', { name: /^Stop tcp-server/ }).click()
      await expect.poll(() => title(/running/).count()).toBe(0)
    }
    const served = async (port: string): Promise<string> => {
      const got = await startServer(lab, port)
      await pythonClient(got)
      await stop()
      return got
    }
    expect(await reuse.getAttribute('aria-checked')).toBe('false')
    const port = await served('0')
    await lab.server.getByRole('textbox', { name: 'Port' }).fill(port)
    await start.click()
    const note = lab.runs.getByRole('alert')
    await note.getByText('EADDRINUSE').waitFor()
    expect(await note.innerText()).toMatch(/TIME_WAIT[^]*SO_REUSEADDR/)
    // with the option on, the server can be started again and again
    await reuse.click()
    const other = await served('0')
    expect(await served(other)).toBe(other)
  })
})

describe('real Python on the other side', () => {
  it('a python3 client against the server of the page', async () => {
    const port = await startServer(lab)
    await pythonClient(port)
    await lab.runs.getByText(/sent b'from python'/).waitFor()
    await expect.poll(async () => (await flow()).slice(0, 3)).toEqual(['client SYN', 'server SYN,ACK', 'client ACK'])
    await lab.picture.getByText('not a socket of this lab').waitFor()
  })

  it('the client of the page against a python3 server', async () => {
    const python = spawn('python3', ['-uc', [
      'import socket', "s = socket.create_server(('127.0.0.1', 0))", 'print(s.getsockname()[1])', 'conn, addr = s.accept()', 'print(conn.recv(99))',
      "conn.sendall(b'python says hi')", 'conn.close()',
    ].join('\n')])
    const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
    const port = (await lines.next()).value as string
    await lab.clients.getByRole('textbox', { name: 'Port' }).fill(port)
    await client()
    await lab.runs.getByText("received b'python says hi'").waitFor()
    expect((await lines.next()).value).toBe("b'hello'")
    await lab.picture.getByText('closed in order').waitFor()
  })
})
