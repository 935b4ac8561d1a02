import fc from 'fast-check'
import type { TraceEvent } from '../../../../src/shared/trace/events'
import { EVENT_FIELDS, type FieldType } from '../../../../src/shared/trace/fields'

const own = { noNullPrototype: true }
const uint = fc.oneof(fc.nat(), fc.maxSafeNat())
/** Text that UTF-8 can carry: no lone surrogates. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.constantFrom('', 'recv', '127.0.0.1', '\ufeffbom', '\0'),
)
const port = fc.integer({ min: 0, max: 65_535 })
export const addr = fc.oneof(
  fc.record({ family: fc.constant('inet' as const), host: text, port }, own),
  fc.record({ family: fc.constant('inet6' as const), host: text, port, scope: fc.nat() }, { requiredKeys: ['family', 'host', 'port'], ...own }),
  fc.record({ family: fc.constant('unix' as const), path: text }, own),
)
const key = text.filter((name) => name !== '__proto__')
const { plain } = fc.letrec((tie) => ({
  plain: fc.oneof({ maxDepth: 4, withCrossShrink: true },
    uint, fc.double(), fc.maxSafeInteger(), text, fc.boolean(), fc.constant(null), addr,
    fc.array(tie('plain'), { maxLength: 4 }), fc.dictionary(key, tie('plain'), { maxKeys: 4, ...own })),
}))
const record = fc.dictionary(key, plain, { maxKeys: 5, ...own })

function valueOf(type: FieldType): fc.Arbitrary<unknown> {
  switch (type) {
    case 'uint': return uint
    case 'number': return fc.oneof(fc.double(), fc.maxSafeInteger())
    case 'text': return text
    case 'flag': return fc.boolean()
    case 'plain': return plain
    case 'record': return record
    case 'addr': return addr
    case 'bytes': return fc.record({ at: uint, len: uint }, own).map(({ at, len }) => ({ at, len, kept: len }))
    case 'texts': return fc.array(text, { maxLength: 6 })
    default: return fc.constantFrom(...type)
  }
}

const unstamped = fc.oneof(...Object.entries(EVENT_FIELDS).map(([k, { required, optional }]) => {
  const fields = Object.fromEntries(Object.entries({ ...required, ...optional }).map(([name, type]) => [name, valueOf(type)]))
  return fc.record({ k: fc.constant(k), ...fields }, { requiredKeys: ['k', ...Object.keys(required)] as never, ...own })
}))

/** Events of every kind with every field, stamped as the recorder does: seq rises, sometimes by more than one. */
export const events: fc.Arbitrary<TraceEvent[]> = fc
  .tuple(fc.nat(1e9), fc.array(fc.tuple(unstamped, fc.nat(3), fc.nat(1e6)), { maxLength: 30 }))
  .map(([first, list]) => {
    let seq = first
    let t = 0
    return list.map(([event, skip, dt]) => {
      const stamped = { ...event, seq, t } as unknown as TraceEvent
      seq += 1 + skip
      t += dt
      return stamped
    })
  })
