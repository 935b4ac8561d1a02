/** The lab as the app sees it: the engine's word (hello, status, interfaces) and the session that is being looked at. */
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { useDocumentVisibility } from '@vueuse/core'
import type { EngineStatus, Hello, Method, NetInterface, Pace, ParamsOf, ProgramInfo, ResultOf, Scope, SessionInfo } from '../../shared/contract/contract'
import type { LabState } from '../../shared/projections/model'
import type { LabError, Result } from '../../shared/result'
import { BytesCache } from '../lab/bytes-cache'
import { LabClient, type LinkState } from '../lab/client'
import { browserFrames, drawingPace } from '../lab/drawing-pace'
import { SessionFeed, WHOLE_AGAIN } from '../lab/session-feed'
import { openTransport } from '../lab/transport'

export const useLabStore = defineStore('lab', () => {
  const link = shallowRef<LinkState>('connecting')
  const hello = shallowRef<Hello>()
  const status = shallowRef<EngineStatus>()
  const interfaces = shallowRef<NetInterface[]>([])
  const programs = shallowRef<ProgramInfo[]>([])
  const scope = shallowRef<Scope>('computer')
  const pace = shallowRef<Pace>({ mode: 'run' })
  /** the session on the screen */
  const viewing = shallowRef<SessionInfo>()
  /** the engine died and another took its place: the session that it had recorded until then, where there was something */
  const restarted = shallowRef<{ session: SessionInfo | undefined }>()
  /** rises when something new is to be drawn, once a frame at most; views that read `lab()` depend on it */
  const version = shallowRef(0)
  /** rises when bytes that a view asked for have come */
  const bytesVersion = shallowRef(0)

  const client = new LabClient(openTransport)
  const request = <M extends Method>(method: M, params: ParamsOf<M>): Promise<Result<ResultOf<M>>> => client.request(method, params)

  const feed = new SessionFeed({
    ack: (batch) => void client.request('trace.ack', { batch }),
    tick: () => { version.value++ },
    schedule: drawingPace(browserFrames()),
  })
  const bytes = new BytesCache(
    (at, len) => client.request('trace.bytes', { session: feed.session, at, len }),
    () => { bytesVersion.value++ },
  )

  client.onPush((push) => {
    switch (push.push) {
      case 'trace': return feed.take(push)
      case 'interfaces': interfaces.value = push.interfaces; return
      case 'status':
        status.value = push.status
        return follow(push.status)
      default: return push satisfies never
    }
  })

  async function greet(): Promise<void> {
    const answer = await request('hello', {})
    if (!answer.ok) return
    const before = hello.value
    const first = before?.live.session
    hello.value = answer.value
    scope.value = answer.value.scope
    pace.value = answer.value.pace
    // from now on the screen tells the engine's own state, so the person may act on it
    link.value = 'connected'
    const [nets, list] = await Promise.all([request('machine.interfaces', {}), request('programs.list', {})])
    if (nets.ok) interfaces.value = nets.value
    if (list.ok) programs.value = list.value
    void request('watch.set', { on: visibility.value === 'visible' })
    // the engine may be another one now: then its live session is, too
    const live = answer.value.live
    const last = viewing.value?.live ? viewing.value.session : undefined
    const stay = viewing.value && (!viewing.value.live || viewing.value.session === live.session) && (first === undefined || first === live.session)
    await show(stay && viewing.value ? viewing.value : live, Boolean(stay))
    if (before && before.instance !== answer.value.instance) await afterRestart(last ?? before.live.session)
  }

  /** requests of ours that change what all windows of a lab share: until they are answered, what the engine tells is old */
  let changing = 0
  async function change<T>(answer: Promise<T>): Promise<T> {
    changing++
    try {
      return await answer
    } finally {
      changing--
    }
  }

  /** Another window of the same lab may have begun a session, or set the scope or the pace. */
  function follow(now: EngineStatus): void {
    if (changing > 0 || !hello.value || link.value !== 'connected') return
    scope.value = now.scope
    if (JSON.stringify(pace.value) !== JSON.stringify(now.pace)) pace.value = now.pace
    if (now.live !== hello.value.live.session) void change(moveOn())
  }

  async function moveOn(): Promise<void> {
    const answer = await request('hello', {})
    if (!answer.ok) return
    hello.value = answer.value
    if (viewing.value?.live !== false) await show(answer.value.live)
  }

  async function afterRestart(session: string): Promise<void> {
    const kept = await request('session.list', {})
    restarted.value = { session: kept.ok ? kept.value.find((one) => one.session === session) : undefined }
  }

  /** The kernel is looked at closely only while somebody can see it. */
  const visibility = useDocumentVisibility()
  watch(visibility, (now) => { if (link.value === 'connected') void request('watch.set', { on: now === 'visible' }) })

  client.onState((state) => {
    if (state === 'connected') void greet()
    else link.value = state
  })

  /** Looks at a session. `resume`: goes on from the last event that is here. */
  async function show(session: SessionInfo, resume = false): Promise<Result<SessionInfo>> {
    if (!resume || feed.session !== session.session) {
      feed.reset(session.session, session.live)
      bytes.clear()
    }
    const answer = await request('trace.subscribe', { session: session.session, from: feed.next })
    if (answer.ok) viewing.value = answer.value
    return answer
  }

  const full = (): boolean => feed.full
  /** The live session outgrew what the page can hold: what is long past is known in outline from now on. */
  async function renew(): Promise<void> {
    const session = viewing.value?.session
    if (session === undefined || !feed.full) return
    feed.reset(session, true)
    const answer = await request('trace.subscribe', { session, from: 0, whole: WHOLE_AGAIN })
    if (answer.ok) viewing.value = answer.value
  }

  async function setScope(next: Scope): Promise<LabError | undefined> {
    const answer = await change(request('scope.set', { scope: next }))
    if (!answer.ok) return answer.error
    scope.value = answer.value.scope
    return undefined
  }

  async function setPace(next: Pace): Promise<void> {
    const before = pace.value
    pace.value = next
    const answer = await change(request('pace.set', { pace: next }))
    if (!answer.ok) pace.value = before
  }

  const newSession = (): Promise<Result<SessionInfo>> => change(beginSession())
  async function beginSession(): Promise<Result<SessionInfo>> {
    const answer = await request('session.new', {})
    if (!answer.ok) return answer
    if (hello.value) hello.value = { ...hello.value, live: answer.value }
    return show(answer.value)
  }

  /** The folded lab. Plain and in place: read `version` beside it where the answer must stay fresh. */
  const lab = (): LabState => feed.lab
  const eventIndex = () => feed.index
  const live = computed(() => viewing.value?.live ?? true)

  return {
    link, hello, status, interfaces, programs, scope, pace, viewing, restarted, version, bytesVersion, live,
    start: () => client.start(), request, lab, eventIndex, bytes, show, full, renew, setScope, setPace, newSession,
  }
})
