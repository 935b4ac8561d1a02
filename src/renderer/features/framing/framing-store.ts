/**
 * The framing page: how frames are made, a real connection made by hand over which they are sent, and what the receiving
 * end has of them. The two ends are hands of their own; what has come is read from the trace.
 */
import { defineStore } from 'pinia'
import { computed, reactive, shallowRef } from 'vue'
import { concat, decodeAll, encodeFrame, lengthField, longestBody, type FrameError, type Frames, type Framing } from '../../../shared/bytes/framing'
import { parseEscapes } from '../../../shared/bytes/escapes'
import type { HandCall } from '../../../shared/contract/contract'
import type { CallModel, ConnectionModel, RunModel, SockModel } from '../../../shared/projections/model'
import type { LabError } from '../../../shared/result'
import type { CallId, SockId } from '../../../shared/trace/events'
import { useByteStore } from '../../stores/bytes-source'
import { useLabStore } from '../../stores/lab'
import { useTimelineStore } from '../../timeline/store'

export type Kind = 'fixed' | 'length' | 'delimiter'
export type Broken = 'truncated' | 'oversized' | 'header' | 'garbage'
const NAMES = { sender: 'frame sender', receiver: 'frame receiver', door: 'frame listener' } as const
type Role = 'sender' | 'receiver'
const encoder = new TextEncoder()
const none = new Uint8Array()

export interface Built { bytes: Uint8Array; frames: Frames; error?: { body: number; error: FrameError }; bodies: Uint8Array[] }

export const useFramingStore = defineStore('framing', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const store = useByteStore()
  const form = reactive({
    kind: 'length' as Kind, header: '', lengthBytes: '4' as '1' | '2' | '4', byteOrder: 'big' as 'big' | 'little', size: 8, max: 64, delimiter: '\\n',
    bodies: 'hello\nTCP has no messages\n안녕', piece: 7,
  })
  const error = shallowRef<LabError>()
  const busy = shallowRef(false)

  // ---- the builder
  const typed = (text: string): Uint8Array | undefined => {
    const parsed = parseEscapes(text)
    return parsed.ok ? parsed.value : undefined
  }
  const header = computed(() => typed(form.header))
  const delimiter = computed(() => { const d = typed(form.delimiter); return d && d.length > 0 ? d : undefined })
  const mostBody = computed(() => longestBody(Number(form.lengthBytes) as 1 | 2 | 4))
  const framing = computed<Framing | undefined>(() => {
    const whole = (n: number, most: number) => Number.isInteger(n) && n >= 1 && n <= most
    if (!header.value) return undefined
    switch (form.kind) {
      case 'fixed': return whole(form.size, 4096) ? { kind: 'fixed', header: header.value, size: form.size } : undefined
      case 'length': return whole(form.max, 65_536)
        ? { kind: 'length', header: header.value, lengthBytes: Number(form.lengthBytes) as 1 | 2 | 4, byteOrder: form.byteOrder, max: form.max } : undefined
      case 'delimiter': return delimiter.value && whole(form.max, 65_536) ? { kind: 'delimiter', header: header.value, delimiter: delimiter.value, max: form.max } : undefined
      default: return form.kind satisfies never
    }
  })
  const built = computed<Built>(() => {
    const f = framing.value
    const bodies = form.bodies === '' ? [] : form.bodies.split('\n').map((line) => typed(line) ?? encoder.encode(line))
    if (!f) return { bytes: none, frames: { frames: [], rest: { kind: 'none' } }, bodies }
    const parts: Uint8Array[] = []
    for (const [body, bytes] of bodies.entries()) {
      const frame = encodeFrame(f, bytes)
      if (!frame.ok) return { bytes: none, frames: { frames: [], rest: { kind: 'none' } }, error: { body, error: frame.error }, bodies }
      parts.push(frame.value)
    }
    const bytes = concat(...parts)
    return { bytes, frames: decodeAll(f, bytes), bodies }
  })
  /** Bytes that are no frame, each in its own way; undefined where this framing has no such fault. */
  function breakage(how: Broken): Uint8Array | undefined {
    const f = framing.value
    if (!f) return undefined
    switch (how) {
      case 'truncated': {
        const frame = encodeFrame(f, encoder.encode('cut').subarray(0, f.kind === 'fixed' ? f.size : f.max))
        return frame.ok && frame.value.length > 1 ? frame.value.slice(0, -1) : undefined
      }
      case 'oversized': {
        if (f.kind === 'length') return f.max >= longestBody(f.lengthBytes) ? undefined : concat(f.header, lengthField(f.max + 1, f.lengthBytes, f.byteOrder))
        return f.kind === 'delimiter' ? concat(f.header, new Uint8Array(f.max + f.delimiter.length).fill(0x78)) : undefined
      }
      case 'header': return f.header.length > 0 ? concat(f.header.map((b, i) => (i === 0 ? b ^ 0xff : b)), encoder.encode('?')) : undefined
      // what a program that knows nothing of frames would send: its text is taken for a length
      case 'garbage': return f.kind === 'length' ? concat(f.header, encoder.encode('GET / HTTP/1.1\r\n')) : undefined
      default: return how satisfies never
    }
  }

  // ---- the two ends, from the trace
  const hand = (role: keyof typeof NAMES): RunModel | undefined =>
    [...lab.lab().calls.runs.values()].findLast((run) => run.program === 'by-hand' && run.params.name === NAMES[role] && run.seq <= timeline.cursor)
  const senderSock = computed<SockModel | undefined>(() => {
    void lab.version
    const run = hand('sender')
    return run && [...lab.lab().sockets.values()].findLast((sock) => sock.run === run.run && sock.seq <= timeline.cursor)
  })
  const connection = computed<ConnectionModel | undefined>(() => {
    void lab.version
    const id = senderSock.value?.connection?.id
    return id === undefined ? undefined : lab.lab().connections.find((one) => one.id === id)
  })
  const receiverSock = computed<SockId | undefined>(() => (void lab.version, connection.value?.b.sock))
  /** open at both ends, as far as the trace says */
  const open = computed(() => {
    void lab.version
    const sock = receiverSock.value === undefined ? undefined : lab.lab().sockets.get(receiverSock.value)
    return sock !== undefined && sock.closed === undefined && senderSock.value !== undefined
  })
  const sending = computed(() => {
    void lab.version
    const run = hand('sender')
    const shut = run && callsOf(run).some((call) => call.name === 'shutdown' && call.seq <= timeline.cursor)
    return open.value && !shut && senderSock.value?.closed === undefined
  })
  function callsOf(run: RunModel): CallModel[] {
    const { threads, list } = lab.lab().calls
    return run.threads.flatMap((id) => (threads.get(id)?.calls ?? []).flatMap((i) => list[i] ?? []))
  }
  const sent = computed(() => (void lab.version, total(connection.value?.streams.a.sends)))
  const total = (items: ConnectionModel['streams']['a']['sends'] | undefined): number =>
    (items ?? []).reduce((sum, item) => (item.seq <= timeline.cursor ? sum + item.len : sum), 0)

  /** The receiver's buffer: what its recv() calls gave so far. */
  const received = computed<Uint8Array>(() => {
    void lab.version
    void lab.bytesVersion
    const items = (connection.value?.streams.a.recvs ?? []).filter((item) => item.seq <= timeline.cursor)
    return concat(...items.flatMap((item) => {
      const bytes = item.data && item.data.kept > 0 ? store(item.data.at, item.data.kept) : undefined
      return bytes instanceof Uint8Array ? [bytes] : []
    }))
  })
  /** recv() has answered b'' */
  const eof = computed(() => {
    void lab.version
    const run = receiverSock.value === undefined ? undefined : lab.lab().sockets.get(receiverSock.value)?.run
    const model = run === undefined ? undefined : lab.lab().calls.runs.get(run)
    return model !== undefined && callsOf(model).some((call) =>
      call.name === 'recv' && call.sock === receiverSock.value && call.end && call.end.seq <= timeline.cursor && call.end.errno === undefined && call.end.value === 0)
  })
  const decoded = computed<Frames | undefined>(() => (framing.value && connection.value ? decodeAll(framing.value, received.value, eof.value) : undefined))

  // ---- by hand
  const returned = async (id: CallId): Promise<CallModel | undefined> => {
    while (lab.link === 'connected') {
      const index = lab.lab().calls.index.get(id)
      const call = index === undefined ? undefined : lab.lab().calls.list[index]
      if (call?.end) return call
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    return undefined
  }
  async function call(thread: number, wanted: HandCall, timeout: number | null = null): Promise<CallModel['end']> {
    const answer = await lab.request('hand.call', { thread, call: wanted, timeout })
    if (!answer.ok) {
      error.value = answer.error
      return undefined
    }
    const end = (await returned(answer.value.call))?.end
    if (end?.errno !== undefined && end.errno !== 'EAGAIN') error.value = { code: end.errno, message: end.errno, syscall: wanted.name }
    return end
  }
  async function on(role: Role, wanted: HandCall, timeout: number | null = null): Promise<CallModel['end']> {
    const thread = hand(role)?.threads[0]
    return thread === undefined ? undefined : call(thread, wanted, timeout)
  }
  async function doing(work: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    timeline.goLive()
    try {
      await work()
    } finally {
      busy.value = false
    }
  }
  async function end(): Promise<void> {
    const runs = [hand('sender'), hand('receiver')].filter((run) => run && !run.end) as RunModel[]
    await Promise.all(runs.map((run) => lab.request('run.stop', { run: run.run })))
    while (lab.link === 'connected' && runs.some((run) => !run.end)) await new Promise((resolve) => requestAnimationFrame(resolve))
  }
  /** Both ends: a listening socket, a connect, an accept. */
  const connect = (): Promise<void> => doing(async () => {
    await end()
    const receiver = await lab.request('hand.open', { name: NAMES.receiver })
    const sender = receiver.ok ? await lab.request('hand.open', { name: NAMES.sender }) : receiver
    if (!receiver.ok || !sender.ok) {
      error.value = receiver.ok ? (sender.ok ? undefined : sender.error) : receiver.error
      return
    }
    const server = await call(receiver.value.thread, { name: 'socket', family: 'inet', type: 'stream' })
    if (server?.sock === undefined) return
    const bound = await call(receiver.value.thread, { name: 'bind', sock: server.sock, address: { family: 'inet', host: '127.0.0.1', port: 0 } })
    await call(receiver.value.thread, { name: 'listen', sock: server.sock, backlog: 1 })
    const client = await call(sender.value.thread, { name: 'socket', family: 'inet', type: 'stream' })
    if (client?.sock === undefined || !bound?.local) return
    await call(sender.value.thread, { name: 'connect', sock: client.sock, address: bound.local })
    await call(receiver.value.thread, { name: 'accept', sock: server.sock }, 2)
    await call(receiver.value.thread, { name: 'close', sock: server.sock })
  })
  const put = async (data: Uint8Array): Promise<void> => {
    if (senderSock.value) await on('sender', { name: 'sendall', sock: senderSock.value.sock, data: data.slice() }, 2)
  }
  const send = (data: Uint8Array): Promise<void> => doing(() => put(data))
  /** The frames in pieces that do not care where a frame ends: a receive after each. */
  const sendPieces = (data: Uint8Array, piece: number): Promise<void> => doing(async () => {
    for (let at = 0; at < data.length && !error.value; at += piece) {
      await put(data.subarray(at, at + piece))
      await take(65_536)
    }
  })
  const take = async (n: number): Promise<number> => {
    if (receiverSock.value === undefined) return 0
    const got = await on('receiver', { name: 'recv', sock: receiverSock.value, n }, 0)
    return got?.errno === undefined ? Number(got?.value ?? 0) : 0
  }
  const receive = (n: number): Promise<void> => doing(async () => { await take(n) })
  const receiveAll = (): Promise<void> => doing(async () => { while (await take(65_536) > 0); })
  /** The sender's FIN: its stream ends, wherever it stands. */
  const finish = (): Promise<void> => doing(async () => {
    if (!senderSock.value) return
    await on('sender', { name: 'shutdown', sock: senderSock.value.sock, how: 'WR' })
    while (await take(65_536) > 0);
  })
  const stop = (): Promise<void> => doing(end)

  return {
    form, error, busy, header, delimiter, framing, mostBody, built, breakage, connection, open, sending, sent, received, eof, decoded,
    connect, send, sendPieces, receive, receiveAll, finish, stop,
  }
})
