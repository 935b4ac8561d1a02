/** A session of a million events: from its file to the folded lab, as the app opens it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRecorder } from '../../src/engine/recorder/recorder'
import { StoredSession } from '../../src/engine/recorder/stored-session'
import { decodeEvents } from '../../src/shared/trace/codec'
import { createLab, fold } from '../../src/shared/projections'
import type { SockAddr } from '../../src/shared/trace/events'
import type { Row } from './table'

const EVENTS = 1_000_000
const TARGET_MS = 3000
/** recv and send pairs of each connection: 16 calls that open and close it, five events an exchange */
const EXCHANGES = 100

export async function openMillion(): Promise<Row> {
  const dataDir = await mkdtemp(join(tmpdir(), 'socketscope-bench-'))
  try {
    const path = await record(dataDir)
    const start = performance.now()
    const session = await StoredSession.open(path)
    const indexed = performance.now()
    const lab = createLab()
    let events = 0
    for (let next = 0; next < session.end;) {
      const piece = await session.read(next, 65_536)
      if (!piece) break
      for (const event of decodeEvents(piece.data)) {
        fold(lab, event)
        events++
      }
      next = piece.next
    }
    const ms = performance.now() - start
    await session.close()
    if (events < EVENTS || lab.connections.length === 0) throw new Error(`the session was not read: ${events} events`)
    return {
      what: 'a session of 1,000,000 events opens', target: `within ${TARGET_MS} ms`, ours: `${Math.round(ms)} ms`,
      theirs: `of it the index ${Math.round(indexed - start)} ms`, met: ms <= TARGET_MS,
    }
  } finally {
    await rm(dataDir, { recursive: true })
  }
}

/** A server with a thread per client, as its trace is: answers the file's path. */
async function record(dataDir: string): Promise<string> {
  const recorder = createRecorder({
    dataDir, header: { format: 'socketscope-session', version: 1, app: 'bench', platform: 'linux', startedAt: new Date().toISOString() },
  })
  const local: SockAddr = { family: 'inet', host: '127.0.0.1', port: 9999 }
  let call = 1
  let pushed = 0
  const push: typeof recorder.push = (event) => {
    pushed++
    return recorder.push(event)
  }
  const data = new Uint8Array(16)
  push({ k: 'run', run: 1, program: 'tcp-server', params: {} })
  push({ k: 'thread', run: 1, thread: 1, name: 'main', func: 'main' })
  push({ k: 'call', call, thread: 1, name: 'socket', args: { family: 'inet', type: 'stream' } })
  push({ k: 'ret', call: call++, value: 3, sock: 1, fd: 3 })
  push({ k: 'call', call, thread: 1, name: 'listen', sock: 1, fd: 3, args: { backlog: 5 } })
  push({ k: 'ret', call: call++, value: null, local })
  for (let n = 2; pushed < EVENTS; n++) {
    const remote: SockAddr = { family: 'inet', host: '127.0.0.1', port: 20_000 + n % 40_000 }
    push({ k: 'call', call, thread: 1, name: 'accept', sock: 1, fd: 3, args: {} })
    push({ k: 'block', call, why: 'readable' })
    push({ k: 'ret', call: call++, value: 4, sock: n, fd: 4, remote, local })
    push({ k: 'thread', run: 1, thread: n, name: `client ${n}`, func: 'serve' })
    for (let i = 0; i < EXCHANGES; i++) {
      push({ k: 'call', call, thread: n, name: 'recv', sock: n, fd: 4, args: { len: 1024 } })
      push({ k: 'block', call, why: 'readable' })
      push({ k: 'ret', call: call++, value: 16, data: recorder.bytes.append(data) })
      push({ k: 'call', call, thread: n, name: 'send', sock: n, fd: 4, args: { len: 16 } })
      push({ k: 'ret', call: call++, value: 16, data: recorder.bytes.append(data) })
    }
    push({ k: 'call', call, thread: n, name: 'close', sock: n, fd: 4, args: {} })
    push({ k: 'ret', call: call++, value: null })
    push({ k: 'thread-end', thread: n })
    // as in life, the disk gets its turn
    await new Promise((resolve) => setImmediate(resolve))
  }
  await recorder.close()
  return recorder.journal!.path
}
