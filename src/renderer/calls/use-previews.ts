/** The first bytes of what calls sent and received, fetched when a row shows them. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import { LITERAL_BYTES, type Preview } from '../../shared/calls/python-line'
import type { ByteRef } from '../../shared/trace/events'
import type { ByteSource, HoledBytes } from '../hex/bytes'

export interface Previews {
  version: Readonly<ShallowRef<number>>
  /** undefined: not here yet, or not kept */
  of(ref: ByteRef | undefined): Preview | undefined
}

export function usePreviews(store: () => ByteSource | undefined): Previews {
  const version = shallowRef(0)
  // by the reference itself: another session has other ones, with the same offsets
  const known = new WeakMap<ByteRef, Preview | 'asked' | 'gone'>()
  let disposed = false
  onScopeDispose(() => (disposed = true))

  function keep(ref: ByteRef, answer: Uint8Array | HoledBytes | undefined): Preview | undefined {
    const bytes = answer instanceof Uint8Array ? answer : answer?.holes.length === 0 ? answer.bytes : undefined
    const preview = bytes && {
      bytes: bytes.slice(0, LITERAL_BYTES),
      whole: bytes.length >= ref.len && ref.kept >= ref.len && ref.len <= LITERAL_BYTES,
    }
    known.set(ref, preview ?? 'gone')
    return preview
  }

  return {
    version,
    of(ref) {
      if (!ref) return undefined
      if (ref.len === 0) return { bytes: new Uint8Array(), whole: true }
      const want = Math.min(LITERAL_BYTES, ref.kept)
      const read = store()
      if (!read || want === 0) return undefined
      const have = known.get(ref)
      if (have !== undefined) return typeof have === 'string' ? undefined : have
      const answer = read(ref.at, want)
      if (!(answer instanceof Promise)) return answer === undefined ? undefined : keep(ref, answer)
      known.set(ref, 'asked')
      answer
        .then(
          (got) => keep(ref, got),
          (error: unknown) => {
            console.error('call log: reading bytes failed', error)
            known.set(ref, 'gone')
          },
        )
        .finally(() => {
          if (!disposed) version.value++
        })
      return undefined
    },
  }
}
