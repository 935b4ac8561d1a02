/** The HTTP exchanges of the session at the cursor, newest connection first, and the chosen one. */
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { exchangesOf, type HttpExchange, type StreamPrefix } from '../../shared/http/exchanges'
import { connectionCount } from '../../shared/projections'
import type { ConnectionModel, Side, StreamModel } from '../../shared/projections/model'
import type { ByteSource } from '../hex/bytes'
import { streamSource } from '../hex/stream-bytes'
import { useByteStore } from '../stores/bytes-source'
import { useLabStore } from '../stores/lab'
import { useTimelineStore } from '../timeline/store'

/** Connections that are listed: the newest. */
const LISTED = 40
/** Connections among which those of these programs are looked for. */
const SEARCHED = 2000
/** Bytes of each stream that are taken apart: the hex view shows all of it. */
const READ = 128 * 1024

export interface ListedExchange {
  /** connection and number, the same as long as the session is looked at */
  key: string
  connection: ConnectionModel
  exchange: HttpExchange
}

/** What came of a direction: what its receiver took, where that is a program of ours, else what its sender sent. */
export function cameOf(connection: ConnectionModel, side: Side): StreamModel['recvs'] {
  const { sends, recvs } = connection.streams[side]
  const receiver = connection[side === 'a' ? 'b' : 'a']
  return receiver.sock === undefined && sends.length > 0 ? sends : recvs
}

/** How much of it had come at the cursor, and whether its end had. */
function extent(connection: ConnectionModel, side: Side, cursor: number): { length: number; ended: boolean } {
  const came = cameOf(connection, side)
  const { sends, recvs } = connection.streams[side]
  let length = 0
  for (let i = came.length - 1; i >= 0; i--) {
    if (came[i]!.seq > cursor) continue
    length = came[i]!.offset + came[i]!.len
    break
  }
  const fin = came === sends && connection.segments.some((one) => one.from === side && one.seq <= cursor && one.flags.includes('FIN'))
  return { length, ended: fin || recvs.some((one) => one.len === 0 && one.asked > 0 && one.seq <= cursor) }
}

/** `programs`: only connections of these count; by hand, those of the hand of that name. */
export function useExchanges(programs: readonly string[], hand: string) {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const store = useByteStore()
  const exchanges = shallowRef<ListedExchange[]>([])
  /** undefined: the newest */
  const pinned = shallowRef<string>()
  const known = new Map<number, { signature: string; list: HttpExchange[] }>()
  let disposed = false
  onScopeDispose(() => { disposed = true })

  function ours(connection: ConnectionModel): boolean {
    const { sockets, calls } = lab.lab()
    return [connection.a.sock, connection.b.sock, connection.listener].some((sock) => {
      const run = sock === undefined ? undefined : calls.runs.get(sockets.get(sock)?.run ?? -1)
      return run !== undefined && (programs.includes(run.program) || (run.program === 'by-hand' && run.params.name === hand))
    })
  }

  async function prefix(connection: ConnectionModel, side: Side, { length, ended }: { length: number; ended: boolean }): Promise<StreamPrefix> {
    const wanted = Math.min(length, READ)
    const answer = wanted === 0 ? new Uint8Array() : await streamSource(() => cameOf(connection, side), store)(0, wanted)
    const bytes = answer instanceof Uint8Array ? answer : answer?.bytes.subarray(0, answer.holes[0]?.from) ?? new Uint8Array()
    return { bytes, length, ended }
  }

  let running = false
  let again = false
  /** One at a time; what came meanwhile is read in the next round. */
  async function refresh(): Promise<void> {
    if (running) {
      again = true
      return
    }
    running = true
    const { cursor } = timeline
    const state = lab.lab()
    const all = state.connections.slice(Math.max(0, connectionCount(state, cursor) - SEARCHED), connectionCount(state, cursor))
    const chosen = all.filter(ours).slice(-LISTED).reverse()
    const next: ListedExchange[] = []
    for (const connection of chosen) {
      const a = extent(connection, 'a', cursor)
      const b = extent(connection, 'b', cursor)
      const signature = `${a.length} ${a.ended} ${b.length} ${b.ended}`
      let found = known.get(connection.id)
      if (found?.signature !== signature) {
        const [requests, responses] = await Promise.all([prefix(connection, 'a', a), prefix(connection, 'b', b)])
        found = { signature, list: exchangesOf(requests, responses) }
        const whole = requests.bytes.length >= Math.min(READ, a.length) && responses.bytes.length >= Math.min(READ, b.length)
        if (whole) known.set(connection.id, found)
      }
      const { list } = found
      for (let n = list.length - 1; n >= 0; n--) next.push({ key: `${connection.id}.${n}`, connection, exchange: list[n]! })
    }
    running = false
    if (disposed) return
    exchanges.value = next
    if (again) {
      again = false
      void refresh()
    }
  }
  watch([() => lab.version, () => lab.bytesVersion, () => timeline.cursor], () => void refresh(), { immediate: true })
  watch(() => lab.viewing?.session, () => {
    known.clear()
    pinned.value = undefined
  })

  const chosen = computed<ListedExchange | undefined>(() => exchanges.value.find(({ key }) => key === pinned.value) ?? exchanges.value[0])
  /** The bytes of one message. */
  function bytesOf(connection: ConnectionModel, side: Side, base: number): ByteSource {
    const source = streamSource(() => cameOf(connection, side), store)
    return (offset, len) => source(base + offset, len)
  }
  return { exchanges, pinned, chosen, bytesOf }
}
