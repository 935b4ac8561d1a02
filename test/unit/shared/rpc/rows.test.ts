/** The rows of a message's XML: the bytes of each are the bytes of its element, whatever the characters. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { xmlRows } from '../../../../src/shared/rpc/rows'
import { writeResult } from '../../../../src/shared/rpc/write'
import { rpcValue } from './arbitrary'

it('each row stands where it says', () => {
  fc.assert(fc.property(rpcValue, (value) => {
    const bytes = new TextEncoder().encode(writeResult(value))
    const { rows } = xmlRows(bytes)
    let depth = 0
    for (const row of rows) {
      const text = new TextDecoder().decode(bytes.subarray(row.from, row.to))
      if (row.kind === 'open') expect(text).toBe(`<${row.name}>`)
      else if (row.kind === 'close') expect(text).toBe(`</${row.name}>`)
      else expect(text).toMatch(new RegExp(`^<${row.name.replace('.', '\\.')}(/>$|>)`))
      if (row.kind === 'close') depth--
      expect(row.depth).toBe(depth)
      if (row.kind === 'open') depth++
    }
    expect(depth).toBe(0)
  }), { numRuns: 1000 })
})

it('a byte order mark counts', () => {
  const { rows } = xmlRows(Uint8Array.of(0xef, 0xbb, 0xbf, ...new TextEncoder().encode('<a>é<!-- x --></a>')))
  expect(rows).toEqual([{ depth: 0, name: 'a', kind: 'leaf', text: 'é', from: 3, to: 3 + 19 }])
})
