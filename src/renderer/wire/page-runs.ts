/** What a page of certain programs needs of the session: their runs at the cursor, starting one, and the address a server got. */
import { computed } from 'vue'
import type { RunModel } from '../../shared/projections/model'
import type { Result } from '../../shared/result'
import type { RunId, SockAddr } from '../../shared/trace/events'
import { formatEndpoint } from '../../shared/net/address'
import { dialled } from '../shell/addresses'
import { useLabStore } from '../stores/lab'
import { useTimelineStore } from '../timeline/store'

export function usePageRuns(programs: readonly string[]) {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  /** newest first */
  const runs = computed<RunModel[]>(() => {
    void lab.version
    return [...lab.lab().calls.runs.values()].filter((run) => programs.includes(run.program) && run.seq <= timeline.cursor).reverse()
  })
  const running = (run: RunModel): boolean => !(run.end && run.end.seq <= timeline.cursor)
  /** as they are listed: what runs first, so that a server's log stays in sight while clients come and go */
  const listed = computed(() => (void lab.version, [...runs.value.filter(running), ...runs.value.filter((run) => !running(run))]))

  async function start(program: string, params: Record<string, string | number | boolean>): Promise<Result<{ run: RunId }>> {
    // what is started now is to be seen now
    timeline.goLive()
    return lab.request('run.start', { program, params })
  }
  /** The address that a run listens on, once the kernel has given it. */
  function boundAt(run: RunId): SockAddr | undefined {
    for (const socket of lab.lab().sockets.values()) {
      if (socket.run === run && socket.state.value.some((value) => value.state === 'LISTEN')) return socket.local.value.at(-1)
    }
    return undefined
  }
  /** Waits until the server listens. undefined: it ended before it did. */
  async function listening(run: RunId): Promise<SockAddr | undefined> {
    for (;;) {
      const address = boundAt(run)
      if (address) return address
      if (lab.link !== 'connected' || lab.lab().calls.runs.get(run)?.end) return undefined
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  }
  /** 'http://127.0.0.1:8000', for a client on this machine */
  const urlOf = (address: SockAddr): string => `http://${formatEndpoint(dialled(address))}`
  const titleOf = (run: RunModel): string => {
    const address = boundAt(run.run)
    const { host, port, url } = run.params
    return `${run.program} ${address ? formatEndpoint(address) : url !== undefined ? String(url) : `${String(host)}:${String(port)}`}`
  }
  return { runs, listed, running, start, boundAt, listening, urlOf, titleOf }
}
