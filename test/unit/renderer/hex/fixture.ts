/** A connection in which 'a' sends and 'b' receives, with the kernel's samples at the moments given. */
import type { ConnectionModel, Endpoint, History } from '../../../../src/shared/projections/model'
import type { TcpFacts } from '../../../../src/shared/trace/events'

export type Fact = [seq: number, facts: Partial<TcpFacts>]

const history = (facts: Fact[]): History<TcpFacts> => ({
  seq: facts.map(([seq]) => seq),
  t: facts.map(([seq]) => seq * 10),
  value: facts.map(([, f]) => ({ state: 'ESTABLISHED', ...f })),
})
const endpoint = (side: 'a' | 'b', sock: number, facts: Fact[]): Endpoint => ({ side, sock, states: [], facts: history(facts) })

/** sends have seq 1, 2 ..., recvs follow them; bytes lie in the store at their stream offset */
export function connection(o: { sends: number[]; recvs: number[]; sender: Fact[]; receiver: Fact[] }): ConnectionModel {
  const calls = (lens: number[], seq: number, call: number) => {
    let offset = 0
    return lens.map((len, i) => {
      const item = { seq: seq + i, t: i, call: call + i, offset, len, asked: len, data: { at: offset, len, kept: len } }
      offset += len
      return item
    })
  }
  return {
    id: 1,
    family: 'inet',
    type: 'stream',
    seq: 0,
    t: 0,
    a: endpoint('a', 1, o.sender),
    b: endpoint('b', 2, o.receiver),
    segments: [],
    streams: { a: { sends: calls(o.sends, 1, 100), recvs: calls(o.recvs, 1 + o.sends.length, 200) }, b: { sends: [], recvs: [] } },
    outcome: { seq: [], t: [], value: [] },
    calls: [],
  }
}
