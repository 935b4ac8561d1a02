/**
 * A load of clients on a server (tcp-load on tcp-server): for each client when it connected, stood in the kernel's accept
 * queue, waited for the program, was served; for each thread of the server whom it served and for whom it stood waiting.
 * Worked out of the calls alone, so that it is exact where both ends are ours. Times are microseconds.
 */
import type { CallId, SockId, ThreadId } from '../trace/events'
import { markCount, markOf } from './marks'
import type { CallModel, Cursor, LabState, RunModel } from './model'

/** connecting: connect() waits. queued: connected, not accepted. idle: accepted, asks nothing. waiting: asked, not read yet. */
export type PhaseKind = 'connecting' | 'queued' | 'idle' | 'waiting' | 'served'

export interface Phase {
  kind: PhaseKind
  from: number
  to: number
  /** the call with which it began */
  call: CallId
}

export interface LoadClient {
  /** from 1, in the order of arrival */
  n: number
  thread: ThreadId
  phases: Phase[]
  /** time in each kind of phase, all together */
  sums: Record<PhaseKind, number>
  /** how long each of its requests took; the first one from before connect() */
  requests: { us: number; ok: boolean }[]
  ended: boolean
  errno?: string
}

/** What a thread of the server does: serves a client, stands in recv() for one, or in accept() or poll() for anybody. */
export interface Stretch {
  kind: 'serve' | 'stand' | 'anybody'
  /** the client's n */
  client?: number
  from: number
  to: number
  call: CallId
}

export interface ServerThread {
  thread: ThreadId
  name: string
  from: number
  stretches: Stretch[]
}

export interface LoadView {
  load: RunModel
  server: RunModel | undefined
  model: string
  begin: number
  end: number
  done: boolean
  clients: LoadClient[]
  threads: ServerThread[]
  /** clients that were connected and not accepted: entry i holds from t[i] on */
  queue: { t: number[]; length: number[] }
  /** the same from the kernel's own count, when it was asked */
  kernelQueue: { t: number[]; length: number[]; limit: number }
}

const KINDS: readonly PhaseKind[] = ['connecting', 'queued', 'idle', 'waiting', 'served']

interface Moment { t: number; seq: number; call: CallId; what: 'connect' | 'connected' | 'accepted' | 'sent' | 'read' | 'answered' | 'server-closed' | 'closed' }

/** The runs of tcp-load that had begun, newest first. */
export const loadsAt = (lab: LabState, cursor: Cursor): RunModel[] =>
  [...lab.calls.runs.values()].filter((run) => run.program === 'tcp-load' && run.seq <= cursor).reverse()

const port = (run: RunModel): unknown => run.params.port

/** The server on which a load runs: the last one before it that listened on its port. */
function serverOf(lab: LabState, load: RunModel, cursor: Cursor): { run: RunModel; listener: SockId } | undefined {
  let found: { run: RunModel; listener: SockId } | undefined
  for (const sock of lab.sockets.values()) {
    const local = sock.local.value[0]
    const same = load.params.family === 'unix' ? local?.family === 'unix' && local.path === load.params.path : local && local.family !== 'unix' && local.port === port(load)
    if (!same || sock.origin.by !== 'socket' || sock.seq > cursor || sock.seq > load.seq) continue
    const run = lab.calls.runs.get(sock.run)
    if (run?.program === 'tcp-server') found = { run, listener: sock.sock }
  }
  return found
}

const returned = (call: CallModel, cursor: Cursor): CallModel['end'] => (call.end && call.end.seq <= cursor ? call.end : undefined)

/** One load as it stood at the cursor; `now` is the cursor's time, where what goes on still ends. */
export function loadView(lab: LabState, load: RunModel, cursor: Cursor, now: number): LoadView {
  const { calls } = lab
  const callsOf = (thread: ThreadId): CallModel[] =>
    (calls.threads.get(thread)?.calls ?? []).flatMap((i) => (calls.list[i] && calls.list[i].seq <= cursor ? [calls.list[i]] : []))
  const over = load.end && load.end.seq <= cursor ? load.end.t : undefined
  const end = over ?? now
  const found = serverOf(lab, load, cursor)

  // a client's socket and the server's are the two ends of one connection
  const peer = new Map<SockId, SockId>()
  for (const connection of lab.connections) {
    if (connection.a.sock !== undefined && connection.b.sock !== undefined) peer.set(connection.a.sock, connection.b.sock)
  }
  const clientThreads = load.threads.filter((id) => calls.threads.get(id)?.func === 'client' && calls.threads.get(id)!.seq <= cursor)
  const bySock = new Map<SockId, number>()
  const moments = clientThreads.map((thread, i) => {
    const list: Moment[] = []
    let errno: string | undefined
    for (const call of callsOf(thread)) {
      const ret = returned(call, cursor)
      if (call.name === 'socket' && ret?.sock !== undefined) {
        const other = peer.get(ret.sock)
        if (other !== undefined) bySock.set(other, i)
      }
      if (ret?.errno !== undefined && ret.errno !== 'CANCELLED') errno = ret.errno
      if (call.name === 'connect') {
        list.push({ t: call.t, seq: call.seq, call: call.call, what: 'connect' })
        if (ret && ret.errno === undefined) list.push({ t: ret.t, seq: ret.seq, call: call.call, what: 'connected' })
      }
      if (call.name === 'send' && ret && ret.errno === undefined) list.push({ t: ret.t, seq: ret.seq, call: call.call, what: 'sent' })
      if (call.name === 'close') list.push({ t: call.t, seq: call.seq, call: call.call, what: 'closed' })
    }
    return { thread, list, errno }
  })

  const threads: ServerThread[] = []
  for (const id of found?.run.threads ?? []) {
    const model = calls.threads.get(id)
    if (!model || model.seq > cursor) continue
    const own: ServerThread = { thread: id, name: model.name, from: Math.max(model.t, load.t), stretches: [] }
    let serving: { client: number; from: number; call: CallId } | undefined
    for (const call of callsOf(id)) {
      const ret = returned(call, cursor)
      const until = Math.min(ret?.t ?? end, end)
      if (until < load.t || call.t > end) continue
      const client = call.sock === undefined ? undefined : bySock.get(call.sock)
      if (call.name === 'accept' && ret?.sock !== undefined) {
        const i = bySock.get(ret.sock)
        if (i !== undefined) moments[i]!.list.push({ t: ret.t, seq: ret.seq, call: call.call, what: 'accepted' })
      }
      if ((call.name === 'accept' || call.name === 'poll') && call.blocks.length > 0) {
        own.stretches.push({ kind: 'anybody', from: Math.max(call.t, load.t), to: until, call: call.call })
      }
      if (client === undefined) continue
      if (call.name === 'recv') {
        if (call.blocks.some((block) => block.seq <= cursor)) own.stretches.push({ kind: 'stand', client: client + 1, from: call.t, to: until, call: call.call })
        if (ret && Number(ret.value) > 0) {
          moments[client]!.list.push({ t: ret.t, seq: ret.seq, call: call.call, what: 'read' })
          serving = { client, from: ret.t, call: call.call }
        }
      }
      if (call.name === 'send' && serving?.client === client && ret) {
        own.stretches.push({ kind: 'serve', client: client + 1, from: serving.from, to: ret.t, call: serving.call })
        moments[client]!.list.push({ t: ret.t, seq: ret.seq, call: call.call, what: 'answered' })
        serving = undefined
      }
      if (call.name === 'close') moments[client]!.list.push({ t: call.t, seq: call.seq, call: call.call, what: 'server-closed' })
    }
    if (serving) own.stretches.push({ kind: 'serve', client: serving.client + 1, from: serving.from, to: end, call: serving.call })
    threads.push(own)
  }

  const clients = moments.map(({ thread, list, errno }, i): LoadClient => {
    const { phases, ended } = phasesOf(list, end)
    const sums = Object.fromEntries(KINDS.map((kind) => [kind, phases.filter((p) => p.kind === kind).reduce((sum, p) => sum + p.to - p.from, 0)])) as LoadClient['sums']
    return { n: i + 1, thread, phases, sums, requests: [], ended, ...(errno !== undefined && { errno }) }
  })
  const own = lab.marks.runs.get(load.run)
  for (let i = 0; i < markCount(lab.marks, load.run, 'done', cursor); i++) {
    const mark = markOf(lab.marks.columns, own!.by.done!.at(i))
    clients.find((client) => client.thread === mark.thread)?.requests.push({ us: mark.us ?? 0, ok: mark.ok === true })
  }

  const facts = found && lab.sockets.get(found.listener)?.facts
  const kernelQueue: LoadView['kernelQueue'] = { t: [], length: [], limit: 0 }
  facts?.seq.forEach((seq, i) => {
    const fact = facts.value[i]!
    if (seq > cursor || fact.state !== 'LISTEN' || fact.recvq === undefined) return
    kernelQueue.limit = fact.sendq ?? kernelQueue.limit
    if (facts.t[i]! < load.t || facts.t[i]! > end) return
    kernelQueue.t.push(facts.t[i]!)
    kernelQueue.length.push(fact.recvq)
  })
  return {
    load, server: found?.run, model: String(found?.run.params.model ?? ''), begin: load.t, end, done: over !== undefined, clients, threads,
    queue: queueOf(clients), kernelQueue,
  }
}

function phasesOf(moments: Moment[], end: number): { phases: Phase[]; ended: boolean } {
  moments.sort((a, b) => a.seq - b.seq)
  const phases: Phase[] = []
  let accepted = false
  let asked = false
  let serving = false
  let state: PhaseKind | undefined
  let connected = false
  const last: { t: number; call: CallId } = { t: 0, call: 0 }
  for (const m of moments) {
    if (state && m.t > last.t) phases.push({ kind: state, from: last.t, to: m.t, call: last.call })
    if (m.what === 'connected') connected = true
    if (m.what === 'accepted') accepted = connected = true
    if (m.what === 'sent') asked = true
    if (m.what === 'read') [asked, serving] = [false, true]
    if (m.what === 'answered' || m.what === 'server-closed') serving = false
    if (m.what === 'closed') return { phases: joined(phases), ended: true }
    state = !connected ? 'connecting' : serving ? 'served' : !accepted ? 'queued' : asked ? 'waiting' : 'idle'
    last.t = m.t
    last.call = m.call
  }
  if (state && end > last.t) phases.push({ kind: state, from: last.t, to: end, call: last.call })
  return { phases: joined(phases), ended: false }
}

/** Neighbours of one kind are one phase. */
function joined(phases: readonly Phase[]): Phase[] {
  const out: Phase[] = []
  for (const phase of phases) {
    const before = out.at(-1)
    if (before?.kind === phase.kind && before.to === phase.from) before.to = phase.to
    else out.push({ ...phase })
  }
  return out
}

function queueOf(clients: readonly LoadClient[]): LoadView['queue'] {
  const steps = clients.flatMap(({ phases }) => phases.filter((p) => p.kind === 'queued').flatMap((p) => [{ t: p.from, by: 1 }, { t: p.to, by: -1 }]))
  // who leaves makes room before the next one comes
  steps.sort((a, b) => a.t - b.t || a.by - b.by)
  const queue: LoadView['queue'] = { t: [], length: [] }
  let length = 0
  for (const step of steps) {
    length += step.by
    if (queue.t.at(-1) === step.t) queue.length[queue.length.length - 1] = length
    else {
      queue.t.push(step.t)
      queue.length.push(length)
    }
  }
  return queue
}

/** What there is to notice in a load, worked out of it. */
export interface Noticed {
  clients: number
  threads: number
  /** how many were served at the same moment at most */
  parallel: number
  /** most in the accept queue at once */
  queued: number
  /** who waited longest before being served (in the queue and for the program), how long, and where most of it */
  longest?: { client: number; us: number; where: 'kernel' | 'program' }
  /** a client that asked nothing for a while, and how many waited because a thread stood in recv() for it */
  silent?: { client: number; us: number; held: number; thread: string; own: boolean }
  failed: number
}

/** Shorter than this nobody notices, microseconds. */
const NOTICED = 20_000

export function notice(view: LoadView): Noticed {
  const served = view.clients.flatMap(({ phases }) => phases.filter((p) => p.kind === 'served'))
  const worked = new Set(view.threads.filter(({ stretches }) => stretches.some((s) => s.kind === 'serve')).map(({ thread }) => thread))
  const out: Noticed = {
    clients: view.clients.length, threads: worked.size, parallel: mostAtOnce(served), queued: Math.max(0, ...view.queue.length),
    failed: view.clients.filter((c) => c.errno !== undefined).length,
  }
  for (const { n, sums } of view.clients) {
    const us = sums.queued + sums.waiting
    if (us > (out.longest?.us ?? 0)) out.longest = { client: n, us, where: sums.queued >= sums.waiting ? 'kernel' : 'program' }
  }
  for (const { n, phases } of view.clients) {
    const stands = view.threads.flatMap(({ name, stretches }) => stretches.filter((s) => s.kind === 'stand' && s.client === n).map((s) => ({ ...s, name })))
    const stand = stands.sort((a, b) => b.to - b.from - (a.to - a.from))[0]
    const idle = phases.filter((p) => p.kind === 'idle').sort((a, b) => b.to - b.from - (a.to - a.from))[0]
    const us = Math.max(stand ? stand.to - stand.from : 0, idle ? idle.to - idle.from : 0)
    if (us < NOTICED || us <= (out.silent?.us ?? 0)) continue
    const from = stand?.from ?? idle!.from
    const to = stand?.to ?? idle!.to
    // held up: waited until the thread stood no longer, and no other thread served anybody meanwhile
    const held = !stand ? 0 : view.clients.filter((other) => other.n !== n && other.phases.some((p) =>
      (p.kind === 'queued' || p.kind === 'waiting') && p.to >= to && to - Math.max(p.from, from) >= NOTICED && !busyBetween(view, Math.max(p.from, from), to))).length
    out.silent = { client: n, us, held, thread: stand?.name ?? '', own: stand !== undefined }
  }
  return out
}

/** Does any thread serve somebody in that time? */
const busyBetween = (view: LoadView, from: number, to: number): boolean =>
  view.threads.some(({ stretches }) => stretches.some((s) => s.kind === 'serve' && s.from < to && s.to > from))

function mostAtOnce(spans: readonly { from: number; to: number }[]): number {
  const steps = spans.flatMap(({ from, to }) => [{ t: from, by: 1 }, { t: to, by: -1 }]).sort((a, b) => a.t - b.t || a.by - b.by)
  let now = 0
  let most = 0
  for (const { by } of steps) most = Math.max(most, now += by)
  return most
}
