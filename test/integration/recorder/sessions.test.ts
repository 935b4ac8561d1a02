import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecorder, type Recorder } from '../../../src/engine/recorder/recorder'
import { Sessions } from '../../../src/engine/recorder/sessions'
import { SessionReader, eventsOf } from '../../../src/shared/trace/session-file'
import type { LabError } from '../../../src/shared/result'
import { accountFor, connection, header, readAll } from '../../unit/recorder/lib'

let dataDir: string
let sessions: Sessions
const open: Recorder[] = []
const record = (options: Partial<Parameters<typeof createRecorder>[0]> = {}) => {
  const recorder = createRecorder({ header, dataDir, ...options })
  open.push(recorder)
  return recorder
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'socketscope-test-'))
  sessions = new Sessions(dataDir)
})
afterEach(async () => {
  await sessions.close()
  for (const recorder of open.splice(0)) await recorder.close()
  await rm(dataDir, { recursive: true, force: true })
})

const pathOf = (id: string) => join(dataDir, 'sessions', `${id}.socketscope`)
const value = <T>(result: { ok: true; value: T } | { ok: false; error: LabError }): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result.value
}

/** Records what the sample connections say, with bytes that can be told apart. */
function fill(recorder: Recorder, connections: number, exchanges = 3): void {
  for (let n = 0; n < connections; n++) {
    for (const event of connection(n, exchanges)) {
      if (event.k === 'ret' && event.data) recorder.push({ ...event, data: recorder.bytes.append(Buffer.from(`c${n}`.padEnd(8))) })
      else recorder.push(event)
    }
  }
}

describe('sessions on disk', () => {
  it('reads back every event and every byte of a closed session', async () => {
    const recorder = record()
    fill(recorder, 300)
    const before = await readAll(recorder)
    await recorder.close()
    const info = value(await sessions.open(recorder.id))
    expect(info).toStrictEqual({
      session: recorder.id, live: false, startedAt: header.startedAt, events: before.length, duration: before.at(-1)!.t,
      size: (await stat(pathOf(recorder.id))).size,
    })
    const stored = sessions.get(recorder.id)!
    const after = await readAll(stored)
    expect(after).toStrictEqual(before)
    expect(await readAll(stored, 5000)).toStrictEqual(before.slice(5000))
    for (const event of after) {
      if (event.k !== 'ret' || !event.data) continue
      expect(Buffer.from(await stored.readBytes(event.data.at, event.data.len)).toString()).toMatch(/^c\d+ +$/)
    }
    expect((await stored.readBytes(1e9, 10)).length).toBe(0)
    const next = record()
    expect((await sessions.list(next)).map(({ session, live }) => [session, live])).toStrictEqual([[next.id, true], [recorder.id, false]])
  })

  it('loses at most the last second when the process is killed', async () => {
    const program = join(import.meta.dirname, 'recording-child.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', program, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })
    const progress: [number, number][] = []
    let id = ''
    lines.on('line', (line) => {
      if (!id) id = line
      else progress.push(line.split(' ').map(Number) as [number, number])
      // long enough to have more than the last second to lose
      if (progress.length > 0 && progress.at(-1)![0] - progress[0]![0] > 3000) child.kill('SIGKILL')
    })
    const [[, signal]] = await Promise.all([once(child, 'exit'), once(lines, 'close')])
    expect(signal).toBe('SIGKILL')
    const last = progress.at(-1)!
    const asecondAgo = progress.filter(([at]) => at <= last[0] - 1000).at(-1)!
    const info = value(await sessions.open(id))
    expect(info.truncated).toBe(true)
    expect(info.events).toBeGreaterThanOrEqual(asecondAgo[1])
    const stored = sessions.get(id)!
    const events = await readAll(stored)
    expect(events.length).toBe(info.events)
    for (const event of events) {
      if (event.k !== 'ret') continue
      expect(Buffer.from(await stored.readBytes(event.data!.at, event.data!.len)).toString()).toBe(`event ${event.call}`)
    }
    const listed = (await sessions.list(record())).find((one) => one.session === id)
    expect(listed).toStrictEqual(info)
  })

  it('opens and lists a file that is cut at any byte', async () => {
    const recorder = record()
    fill(recorder, 2, 1)
    recorder.flush()
    await recorder.journal!.flush()
    fill(recorder, 2, 1)
    await recorder.close()
    const whole = await readFile(pathOf(recorder.id))
    const live = record()
    const counts = new Set<number>()
    for (let size = whole.length - 1; size >= 0; size--) {
      await truncate(pathOf(recorder.id), size)
      const opened = await sessions.open(recorder.id)
      const listed = (await sessions.list(live)).find((one) => one.session === recorder.id)
      if (!opened.ok) {
        expect(opened.error).toMatchObject({ code: 'INVALID' })
        expect(listed).toBeUndefined()
        continue
      }
      expect(opened.value.truncated).toBe(true)
      expect(listed).toStrictEqual(opened.value)
      counts.add((await readAll(sessions.get(recorder.id)!)).length)
      await sessions.close()
    }
    // both chunks, the first, none
    expect([...counts]).toStrictEqual([2 * connectionEvents(1) * 2, 2 * connectionEvents(1), 0])
  })

  it('gives the live session as a file, with and without autosave, and takes it back in', async () => {
    for (const where of [dataDir, undefined]) {
      const recorder = record({ dataDir: where })
      fill(recorder, 50)
      const saved = await readAll(recorder)
      const pieces: Uint8Array[] = []
      for (let size = 1, at = 0; at < size;) {
        const piece = value(await sessions.readFile(recorder.id, at, 10_000, recorder))
        size = piece.size
        at += piece.bytes.length
        pieces.push(piece.bytes)
        // it goes on while it is saved: the copy is of one moment all the same
        if (at < size) recorder.push({ k: 'print', thread: 1, text: 'later' })
      }
      const elsewhere = new Sessions()
      let offset = 0
      let answer = null
      for (const piece of pieces) {
        expect(answer).toBeNull()
        answer = value(await elsewhere.upload('u1', offset, piece, piece === pieces.at(-1)))
        offset += piece.length
      }
      expect(answer).toMatchObject({ live: false, events: saved.length, startedAt: header.startedAt })
      expect(answer!.truncated).toBeUndefined()
      const stored = elsewhere.get(answer!.session)!
      expect(await readAll(stored)).toStrictEqual(saved)
      const bytes = await recorder.readBytes(0, recorder.bytes.end)
      expect(bytes.length).toBe(recorder.bytes.end)
      expect(Buffer.from(await stored.readBytes(0, bytes.length)).equals(bytes)).toBe(true)
      await elsewhere.close()
    }
  })

  it('keeps one copy of a session that is opened twice', async () => {
    const recorder = record()
    fill(recorder, 5)
    await recorder.close()
    const file = await readFile(pathOf(recorder.id))
    expect(value(await sessions.upload('a', 0, file, true))).toMatchObject({ session: recorder.id })
    expect(await readdir(join(dataDir, 'sessions'))).toStrictEqual([`${recorder.id}.socketscope`])
  })

  it('refuses what is no session, what lies, what is too large and what has holes, and leaves nothing behind', async () => {
    const recorder = record()
    fill(recorder, 5)
    await recorder.close()
    const file = await readFile(pathOf(recorder.id))
    await rm(pathOf(recorder.id))
    const small = new Sessions(dataDir, { fileBytes: 100 })
    expect(await sessions.upload('a', 0, Buffer.from('PK\x03\x04 a zip'), true)).toMatchObject({ ok: false, error: { code: 'INVALID' } })
    expect(await sessions.upload('a', 0, new Uint8Array(0), true)).toMatchObject({ ok: false, error: { code: 'INVALID' } })
    expect(await small.upload('a', 0, file, true)).toMatchObject({ ok: false, error: { code: 'LIMIT', limit: 'fileBytes' } })
    expect(await sessions.upload('a', 5, file, false)).toMatchObject({ ok: false, error: { code: 'GONE' } })
    expect(await sessions.upload('b', 0, file.subarray(0, 50), false)).toStrictEqual({ ok: true, value: null })
    expect(await sessions.upload('b', 60, file.subarray(60), true)).toMatchObject({ ok: false, error: { code: 'INVALID', field: 'offset' } })
    for (const id of ['1', '2', '3', '4']) expect((await sessions.upload(id, 0, file.subarray(0, 50), false)).ok).toBe(true)
    expect(await sessions.upload('5', 0, file, true)).toMatchObject({ ok: false, error: { code: 'LIMIT' } })
    await sessions.close()
    await small.close()
    expect(await readdir(join(dataDir, 'sessions'))).toStrictEqual([])
  })

  it('does not follow names out of its folder', async () => {
    const live = record()
    await writeFile(join(dataDir, 'secret.socketscope'), 'secret')
    for (const name of ['../secret', '..', '/etc/passwd', '', 'a/b', 'a\\b', 'x.socketscope']) {
      expect(await sessions.open(name)).toMatchObject({ ok: false, error: { code: 'GONE' } })
      expect(await sessions.delete(name, live)).toMatchObject({ ok: false, error: { code: 'GONE' } })
      expect(await sessions.readFile(name, 0, 10, live)).toMatchObject({ ok: false, error: { code: 'GONE' } })
    }
    expect(await readFile(join(dataDir, 'secret.socketscope'), 'utf8')).toBe('secret')
  })

  it('deletes a stored session, open or not, and never the live one', async () => {
    const old = record()
    fill(old, 1)
    await old.close()
    const live = record()
    fill(live, 1)
    live.flush()
    await live.journal!.flush()
    value(await sessions.open(old.id))
    expect(await sessions.delete(live.id, live)).toMatchObject({ ok: false })
    expect(await sessions.delete(old.id, live)).toStrictEqual({ ok: true, value: null })
    expect(sessions.get(old.id)).toBeUndefined()
    expect(await sessions.open(old.id)).toMatchObject({ ok: false, error: { code: 'GONE' } })
    expect(await readdir(join(dataDir, 'sessions'))).toStrictEqual([`${live.id}.socketscope`])
  })

  it('makes no file for a session in which nothing happens, and keeps a bounded number of the others', async () => {
    const empty = record()
    await empty.close()
    const ids: string[] = []
    for (let i = 0; i < 6; i++) {
      const recorder = record({ header: { ...header, startedAt: `2026-01-02T03:04:0${i}.000Z` }, limits: { sessions: 3 } })
      fill(recorder, 1)
      await recorder.close()
      ids.push(recorder.id)
      // only files that nobody has written for a while go
      await utimes(pathOf(recorder.id), new Date(2026, 0, 1), new Date(2026, 0, 1))
    }
    expect((await readdir(join(dataDir, 'sessions'))).sort()).toStrictEqual(ids.slice(-4).map((id) => `${id}.socketscope`))
  })

  it('ends the file of a session that becomes too long, says so once, and goes on', async () => {
    const problems: LabError[] = []
    const recorder = record({ limits: { fileBytes: 20_000 }, onProblem: (error) => problems.push(error) })
    for (let i = 0; i < 20; i++) {
      fill(recorder, 20)
      recorder.flush()
      await recorder.journal!.flush()
    }
    expect(problems).toMatchObject([{ code: 'LIMIT', limit: 'fileBytes' }])
    expect(recorder.status().problem).toBe(problems[0])
    expect((await stat(pathOf(recorder.id))).size).toBeLessThanOrEqual(20_000)
    expect((await readAll(recorder)).length).toBe(20 * 20 * connectionEvents(3))
    await recorder.close()
    expect(value(await sessions.open(recorder.id))).toMatchObject({ truncated: true })
  })

  it('survives a folder that cannot be written, and can still save the session', async () => {
    // a file stands where the folder should be: fails for root as well
    await writeFile(join(dataDir, 'sessions'), 'in the way')
    const problems: LabError[] = []
    const recorder = record({ onProblem: (error) => problems.push(error) })
    fill(recorder, 10)
    recorder.flush()
    await recorder.journal!.flush()
    fill(recorder, 10)
    recorder.flush()
    await recorder.journal!.flush()
    expect(problems.length).toBe(1)
    expect(problems[0]!.message).toContain('memory only')
    const saved = value(await sessions.readFile(recorder.id, 0, 1e9, recorder))
    const reader = new SessionReader()
    const events = reader.push(saved.bytes).flatMap((frame) => (frame.type === 'events' ? eventsOf(frame) : []))
    expect(reader.truncated).toBe(false)
    expect(events).toStrictEqual(await readAll(recorder))
  })

  it('survives a full disk: the file opens up to there, one clear message, and the lab goes on', async () => {
    if (process.platform !== 'linux') throw new Error('this test fills a Linux tmpfs')
    const full = join(dataDir, 'full')
    await mkdir(full)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', full])
    try {
      const problems: LabError[] = []
      const recorder = record({ dataDir: full, onProblem: (error) => problems.push(error) })
      for (let i = 0; i < 10; i++) {
        fill(recorder, 200)
        recorder.flush()
        await recorder.journal!.flush()
      }
      expect(problems).toMatchObject([{ code: 'ENOSPC' }])
      expect(problems[0]!.message).toContain('disk is full')
      expect(accountFor(await readAll(recorder)).total).toBe(10 * 200 * connectionEvents(3))
      await recorder.close()
      const fullSessions = new Sessions(full)
      const info = value(await fullSessions.open(recorder.id))
      expect(info.truncated).toBe(true)
      expect(info.events).toBeGreaterThan(0)
      expect((await readAll(fullSessions.get(recorder.id)!)).length).toBe(info.events)
      await fullSessions.close()
    } finally {
      execFileSync('umount', [full])
    }
  })

  it('writes files that only their owner may read', async () => {
    if (process.platform === 'win32') throw new Error('permissions are a POSIX matter')
    const recorder = record()
    fill(recorder, 1)
    await recorder.close()
    expect((await stat(pathOf(recorder.id))).mode & 0o777).toBe(0o600)
  })
})

/** events of one sample connection */
function connectionEvents(exchanges: number): number {
  return connection(0, exchanges).length
}
