/** The ladder of a flow: what each datagram is called, why one is lost, and which attempts are one request. */
import { describe, expect, it } from 'vitest'
import Ladder from '../../../src/renderer/diagrams/Ladder.vue'
import { ladderItems } from '../../../src/renderer/diagrams/ladder-items'
import { joinsOf } from '../../../src/renderer/diagrams/ladder-joins'
import { layoutLadder } from '../../../src/renderer/diagrams/ladder-layout'
import { createLab, flowConnection, fold } from '../../../src/shared/projections'
import type { TraceEvent } from '../../../src/shared/trace/events'
import { missing, show } from './diagrams-mount'

/** A request whose first attempt the server drops, and whose second one is answered. */
function retried() {
  const events: object[] = []
  let calls = 0
  const at = (port: number) => ({ family: 'inet', host: '127.0.0.1', port })
  const call = (thread: number, name: string, sock: number, args: object, ret: object) => {
    events.push({ k: 'call', call: ++calls, thread, name, sock, fd: sock, args }, { k: 'ret', call: calls, value: null, ...ret })
    return calls
  }
  for (const [run, program] of [[1, 'udp-server'], [2, 'udp-client']]) {
    events.push({ k: 'run', run, program, params: {} }, { k: 'thread', run, thread: run, name: 'main', func: 'main' })
    events.push({ k: 'call', call: ++calls, thread: run, name: 'socket', args: { family: 'inet', type: 'dgram' } }, { k: 'ret', call: calls, value: null, sock: run, fd: run })
  }
  call(1, 'bind', 1, { address: at(9999) }, { local: at(9999) })
  const data = { at: 0, len: 5, kept: 5 }
  for (const n of [1, 2]) {
    const sent = call(2, 'sendto', 2, { len: 5, address: at(9999) }, { value: 5, data, local: at(4000), remote: at(9999) })
    events.push({ k: 'mark', thread: 2, what: 'attempt', call: sent, id: 1, n, us: 100_000 * n })
    const heard = call(1, 'recvfrom', 1, { len: 1024 }, { value: 5, data, remote: at(4000) })
    if (n === 1) events.push({ k: 'mark', thread: 1, what: 'drop', call: heard })
    else call(1, 'sendto', 1, { len: 5, address: at(4000) }, { value: 5, data, local: at(9999), remote: at(4000) })
  }
  const got = call(2, 'recvfrom', 2, { len: 1024 }, { value: 5, data, remote: at(9999) })
  events.push({ k: 'mark', thread: 2, what: 'answer', call: got, id: 1 })
  const lab = createLab()
  events.forEach((event, i) => fold(lab, { ...event, seq: i, t: i * 1000 } as TraceEvent))
  return lab
}

const props = (lab: ReturnType<typeof retried>) => ({
  connection: flowConnection(lab, -1, Infinity)!, calls: lab.calls, sockets: lab.sockets, cursor: Infinity,
})

describe('a flow on the ladder', () => {
  it('names request, retry and answer, and why one is lost', async () => {
    const view = await show(Ladder, props(retried()))
    const labels = view.findAll('.label').map((label) => label.text())
    expect(labels[0]).toContain('request 1')
    expect(labels[0]).toContain('dropped')
    expect(labels[1]).toContain('↻ request 1, attempt 2')
    expect(labels[2]).toContain('answer to request 1')
    expect(view.findAll('.cross')).toHaveLength(2) // the datagram's, and the legend's
    expect(view.find('[data-key="segment:0"]').attributes('aria-label')).toContain('dropped by udp-server')
    view.unmount()
  })

  it.each(['ja', 'ko'])('speaks %s without a word missing', async (locale) => {
    missing.length = 0
    const wrapper = await show(Ladder, props(retried()), locale)
    wrapper.unmount()
    expect(missing).toEqual([])
  })

  it('joins the attempts of a request up to its answer', () => {
    const lab = retried()
    const connection = flowConnection(lab, -1, Infinity)!
    const items = ladderItems(connection, lab.calls.list, Infinity)
    const { rows } = layoutLadder(items, { mode: 'order', compact: false, scale: 24, hasSubLine: () => false })
    const [join, ...others] = joinsOf(rows)
    expect(others).toEqual([])
    expect(join).toMatchObject({ id: 1, attempts: 2, answered: true })
    expect(join!.to).toBeGreaterThan(join!.from)
  })
})
