import { afterEach, describe, expect, it } from 'vitest'
import StateDiagram from '../../../src/renderer/diagrams/StateDiagram.vue'
import { BOX, EDGES, NODES, edgeOf, nodeById } from '../../../src/renderer/diagrams/states-figure'
import { tokenOf } from '../../../src/renderer/diagrams/states-tokens'
import type { StateChange } from '../../../src/shared/projections/model'
import type { TcpState } from '../../../src/shared/trace/events'
import { nothing } from '../../../src/shared/projections/selection'
import { aborted, crossing, refused, whole, type Hand } from './diagrams-fixtures'
import { missing, show } from './diagrams-mount'

const change = (from: TcpState, to: TcpState, more: Partial<StateChange> = {}): StateChange => ({ seq: 0, t: 0, from, to, evidence: 'inferred', ...more })

/** RFC 9293, figure 5: every arrow with its cause. */
const FIGURE: [TcpState, TcpState, string, string?][] = [
  ['CLOSED', 'LISTEN', 'passive OPEN', 'create TCB'], ['LISTEN', 'CLOSED', 'CLOSE', 'delete TCB'],
  ['CLOSED', 'SYN_SENT', 'active OPEN', 'create TCB, snd SYN'], ['SYN_SENT', 'CLOSED', 'CLOSE', 'delete TCB'],
  ['SYN_RCVD', 'LISTEN', 'rcv RST', '(passive OPEN)'], ['LISTEN', 'SYN_RCVD', 'rcv SYN', 'snd SYN,ACK'], ['LISTEN', 'SYN_SENT', 'SEND', 'snd SYN'],
  ['SYN_SENT', 'SYN_RCVD', 'rcv SYN', 'snd SYN,ACK'], ['SYN_RCVD', 'ESTABLISHED', 'rcv ACK of SYN'], ['SYN_SENT', 'ESTABLISHED', 'rcv SYN,ACK', 'snd ACK'],
  ['SYN_RCVD', 'FIN_WAIT_1', 'CLOSE', 'snd FIN'], ['ESTABLISHED', 'FIN_WAIT_1', 'CLOSE', 'snd FIN'], ['ESTABLISHED', 'CLOSE_WAIT', 'rcv FIN', 'snd ACK'],
  ['FIN_WAIT_1', 'CLOSING', 'rcv FIN', 'snd ACK'], ['FIN_WAIT_1', 'FIN_WAIT_2', 'rcv ACK of FIN'], ['CLOSE_WAIT', 'LAST_ACK', 'CLOSE', 'snd FIN'],
  ['FIN_WAIT_2', 'TIME_WAIT', 'rcv FIN', 'snd ACK'], ['CLOSING', 'TIME_WAIT', 'rcv ACK of FIN'], ['LAST_ACK', 'CLOSED', 'rcv ACK of FIN'],
  ['TIME_WAIT', 'CLOSED', 'Timeout=2MSL', 'delete TCB'],
]

interface Rect { name: string; x1: number; y1: number; x2: number; y2: number }
const apart = (a: Rect, b: Rect) => a.x2 <= b.x1 || b.x2 <= a.x1 || a.y2 <= b.y1 || b.y2 <= a.y1

/** Labels are 19 units high in a proportional face, a little over half an em per character. */
function labelRect(edge: (typeof EDGES)[number]): Rect {
  const w = Math.max(edge.event.length, edge.action?.length ?? 0) * 10.2
  const { x, y, anchor } = edge.label
  const x1 = anchor === 'start' ? x : anchor === 'end' ? x - w : x - w / 2
  const h = edge.action ? 23 : 10
  return { name: edge.id, x1, y1: y - h, x2: x1 + w, y2: y + h }
}

describe('the figure', () => {
  it('has all eleven states and exactly the edges of RFC 9293, figure 5, in its words', () => {
    expect(new Set(NODES.map((n) => n.state)).size).toBe(11)
    const drawn = EDGES.filter((e) => !e.hidden).map((e) => [nodeById(e.from).state, nodeById(e.to).state, e.event, ...(e.action ? [e.action] : [])])
    expect(drawn.sort()).toEqual(FIGURE.map((row) => [...row]).sort())
    expect(EDGES.filter((e) => e.hidden).map((e) => [e.from, e.to])).toEqual([['FIN_WAIT_1', 'TIME_WAIT']])
  })

  it('lets no label overlap another, nor a state, nor leave the figure', async () => {
    const labels = EDGES.filter((e) => !e.hidden).map(labelRect)
    const boxes = NODES.map((n): Rect => ({ name: n.id, x1: n.x - n.w / 2, y1: n.y - n.h / 2, x2: n.x + n.w / 2, y2: n.y + n.h / 2 }))
    const clashes: string[] = []
    for (const [i, label] of labels.entries()) {
      for (const other of [...labels.slice(i + 1), ...boxes]) if (!apart(label, other)) clashes.push(`${label.name} / ${other.name}`)
      expect(label.x1).toBeGreaterThanOrEqual(BOX.x)
      expect(label.x2).toBeLessThanOrEqual(BOX.x + BOX.width)
      expect(label.y1).toBeGreaterThanOrEqual(BOX.y)
    }
    expect(clashes).toEqual([])
  })

  it('starts and ends each edge at the rims of its two states', async () => {
    for (const edge of EDGES) {
      const numbers = edge.path.match(/-?\d+/g)!.map(Number)
      const at = (x: number, y: number, id: typeof edge.from) => {
        const n = nodeById(id)
        expect(x, edge.id).toBeGreaterThanOrEqual(n.x - n.w / 2)
        expect(x, edge.id).toBeLessThanOrEqual(n.x + n.w / 2)
        expect(y, edge.id).toBeGreaterThanOrEqual(n.y - n.h / 2)
        expect(y, edge.id).toBeLessThanOrEqual(n.y + n.h / 2)
      }
      at(numbers[0]!, numbers[1]!, edge.from)
      const vertical = /V-?\d+$/.exec(edge.path)
      const horizontal = /H-?\d+$/.exec(edge.path)
      if (!vertical && !horizontal) at(numbers.at(-2)!, numbers.at(-1)!, edge.to)
      else if (vertical) expect(Math.abs(numbers.at(-1)! - nodeById(edge.to).y)).toBe(nodeById(edge.to).h / 2)
      else expect(Math.abs(numbers.at(-1)! - nodeById(edge.to).x)).toBe(nodeById(edge.to).w / 2)
    }
  })

  it('finds the edge of every change of the figure, and a stub for what the figure leaves out', async () => {
    for (const [from, to, event] of FIGURE) expect(edgeOf(change(from, to, { cause: event })).event).toBe(event)
    for (const from of ['SYN_SENT', 'SYN_RCVD', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK'] as const) {
      const edge = edgeOf(change(from, 'CLOSED', { rcv: 'RST' }))
      expect(edge).toMatchObject({ id: `stub:${from}`, event: 'rcv RST', hidden: true })
    }
    expect(edgeOf(change('SYN_SENT', 'CLOSED', { cause: 'timeout' })).event).toBe('timeout')
    expect(edgeOf(change('LAST_ACK', 'CLOSED', { rcv: 'ACK of FIN' })).to).toBe('CLOSED_END')
    expect(edgeOf(change('ESTABLISHED', 'TIME_WAIT')).hidden).toBe(true)
  })

  it('never throws for any pair of states', async () => {
    const states = [...new Set(NODES.map((n) => n.state))]
    for (const from of states) for (const to of states) expect(edgeOf(change(from, to)).path).toMatch(/^M/)
  })
})

const view = (hand: Hand, more = {}) => ({ connection: hand.connection, listener: hand.sockets.get(10), cursor: Infinity, version: 0, t: hand.t, ...more })
let wrapper: Awaited<ReturnType<typeof show>>
afterEach(() => wrapper?.unmount())

describe('StateDiagram', () => {
  it('puts both ends where they are at each moment, and marks the edges they took', async () => {
    const hand = whole('inferred')
    wrapper = await show(StateDiagram, view(hand))
    expect(wrapper.findAll('.edge.taken').length).toBe(10)
    expect(wrapper.text()).toContain('client: LAST_ACK → CLOSED · rcv ACK of FIN · inferred')
    expect(wrapper.text()).toContain('server: FIN_WAIT_2 → TIME_WAIT · rcv FIN / snd ACK · inferred')
    for (let cursor = -1; cursor <= hand.seq; cursor++) {
      await wrapper.setProps({ cursor })
      for (const side of ['a', 'b'] as const) {
        const known = hand.connection[side].states.filter((s) => s.seq <= cursor)
        expect(tokenOf(hand.connection, side, cursor, undefined)?.node.state).toBe(known.at(-1)?.to)
      }
    }
  })

  it('draws both tracks of a simultaneous close', async () => {
    wrapper = await show(StateDiagram, view(crossing()))
    const closing = wrapper.findAll('.edge.taken').filter((e) => e.attributes('aria-label')!.includes('CLOSING → TIME_WAIT'))
    expect(closing.length).toBe(1)
    expect(closing[0]!.findAll('.track').length).toBe(2)
  })

  it('shows what the figure leaves out only where it was taken, with both causes', async () => {
    wrapper = await show(StateDiagram, view(aborted()))
    expect(wrapper.findAll('.edge.extra').length).toBe(1)
    expect(wrapper.find('.edge.extra').text()).toContain('ABORT, rcv RST')
    wrapper.unmount()
    wrapper = await show(StateDiagram, view(refused()))
    expect(wrapper.text()).toContain('server: no state known')
  })

  it('shows the listening socket, and TIME_WAIT’s countdown where the kernel gave it', async () => {
    const hand = whole('kernel')
    const facts = hand.connection.b.facts
    facts.seq.push(hand.seq)
    facts.t.push(hand.t)
    facts.value.push({ state: 'TIME_WAIT', timer: 'timewait', expires: 42_000 })
    wrapper = await show(StateDiagram, view(hand))
    expect(wrapper.find('.token.side-listener').exists()).toBe(true)
    expect(wrapper.find('.countdown').text()).toBe('42 s left')
    await wrapper.setProps({ t: hand.t + 2_500_000 })
    expect(wrapper.find('.countdown').text()).toBe('40 s left')
  })

  it('picks the moment of a state or an edge, and lights up the picked one', async () => {
    const hand = whole('inferred')
    wrapper = await show(StateDiagram, view(hand))
    await wrapper.get('.node[aria-label=SYN_SENT]').trigger('click')
    await wrapper.get('.edge[aria-label*="CLOSE_WAIT → LAST_ACK"]').trigger('keydown', { key: 'Enter' })
    expect(wrapper.emitted('select')).toEqual([
      [{ kind: 'state', connection: 7, side: 'a', index: 0, seq: hand.connection.a.states[0]!.seq }],
      [{ kind: 'state', connection: 7, side: 'a', index: 3, seq: hand.connection.a.states[3]!.seq }],
    ])
    await wrapper.setProps({ related: { ...nothing(), connection: 7, states: [{ side: 'a', index: 3 }] } })
    expect(wrapper.findAll('.edge.lit').length).toBe(1)
  })

  it.each(['ja', 'ko'])('has all its words in %s', async (locale) => {
    missing.length = 0
    wrapper = await show(StateDiagram, view(whole('captured')), locale)
    expect(missing).toEqual([])
  })
})
