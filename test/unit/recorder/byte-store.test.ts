import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteStore, PAGE_BYTES } from '../../../src/engine/recorder/byte-store'

const MiB = 1024 * 1024

/** Reads what a reference names, page by page. */
function readWhole(store: ByteStore, at: number, len: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let got = 0; got < len;) {
    const piece = store.read(at + got, len - got)
    if (piece.length === 0) break
    parts.push(piece)
    got += piece.length
  }
  return Buffer.concat(parts)
}

describe('the byte store', () => {
  it('gives back every byte that it was given, by recv or by send, of any size', () => {
    const sizes = fc.oneof(fc.nat(2000), fc.integer({ min: PAGE_BYTES - 5, max: PAGE_BYTES + 5 }), fc.integer({ min: 200_000, max: 400_000 }))
    fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), sizes, sizes), { maxLength: 12 }), (steps) => {
      const store = new ByteStore(64 * MiB)
      const refs = steps.map(([recv, asked, some], i) => {
        const got = Math.min(asked, some)
        if (!recv) return { ...store.append(new Uint8Array(got).fill(i + 1)), fill: i + 1, size: got }
        store.reserve(asked).fill(i + 1, 0, got)
        return { ...store.commit(got), fill: i + 1, size: got }
      })
      let end = 0
      for (const { at, len, kept, fill, size } of refs) {
        expect([at, len, kept]).toStrictEqual([end, size, size])
        end += len
        expect(Buffer.from(readWhole(store, at, len)).equals(Buffer.alloc(size, fill))).toBe(true)
      }
      expect(store.end).toBe(end)
    }), { numRuns: 60 })
  })

  it('does not give a page to each recv that asks for much and gets little', () => {
    const store = new ByteStore(64 * MiB)
    for (let i = 0; i < 1000; i++) {
      store.reserve(MiB)[0] = i
      store.commit(1)
    }
    expect(store.memory).toBe(PAGE_BYTES)
    expect([...store.read(250, 10)]).toStrictEqual([250, 251, 252, 253, 254, 255, 0, 1, 2, 3])
  })

  it('copies nothing that it has already', () => {
    const store = new ByteStore(64 * MiB)
    store.reserve(10).set(Buffer.from('0123456789'))
    const { at } = store.commit(10)
    expect(store.append(store.read(at, 10).subarray(3, 7))).toStrictEqual({ at: 3, len: 4, kept: 4 })
    expect(store.end).toBe(10)
  })

  it('keeps a send that comes between reserve and commit of a recv apart from it', () => {
    const store = new ByteStore(64 * MiB)
    store.reserve(MiB)
    expect(store.append(Buffer.from('abc'))).toStrictEqual({ at: 0, len: 3, kept: 3 })
    store.reserve(MiB).set(Buffer.from('xyz'))
    expect(store.commit(3)).toStrictEqual({ at: 3, len: 3, kept: 3 })
    expect(Buffer.from(store.read(0, 6)).toString()).toBe('abcxyz')
  })

  it('keeps the newest bytes within its limit, and says where they begin', () => {
    const store = new ByteStore(4 * MiB)
    for (let i = 0; i < 10; i++) store.append(new Uint8Array(MiB).fill(i))
    expect(store.memory).toBeLessThanOrEqual(4 * MiB)
    expect(store.start).toBe(6 * MiB)
    expect(store.end).toBe(10 * MiB)
    expect(store.read(5 * MiB, 10).length).toBe(0)
    expect(store.read(store.start, 1)).toStrictEqual(Buffer.from([6]))
  })
})
