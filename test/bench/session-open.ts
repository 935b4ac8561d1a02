/** A session of a million events: from its file to the folded lab, as the app opens it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRecorder } from '../../src/engine/recorder/recorder'
import { StoredSession } from '../../src/engine/recorder/stored-session'
import { decodeEvents } from '../../src/shared/trace/codec'
import { createLab, fold } from '../../src/shared/projections'
import type { Row } from './table'
import { Traffic } from './traffic'

const EVENTS = 1_000_000
const TARGET_MS = 3000

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
  const traffic = new Traffic(recorder)
  while (traffic.pushed < EVENTS) {
    traffic.go(500)
    // as in life, the disk gets its turn
    await new Promise((resolve) => setImmediate(resolve))
  }
  await recorder.close()
  return recorder.journal!.path
}
