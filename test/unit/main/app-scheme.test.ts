/** Which file an app:// path names: only plain names inside the folder. */
import { sep } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileOf } from '../../../src/main/app-scheme'

const root = `${sep}root${sep}renderer`

describe('fileOf', () => {
  it('finds the page and its files', () => {
    expect(fileOf(root, '/')).toBe(`${root}${sep}index.html`)
    expect(fileOf(root, '/assets/a-B_1.js')).toBe(`${root}${sep}assets${sep}a-B_1.js`)
    expect(fileOf(root, '/a%20b.svg')).toBe(`${root}${sep}a b.svg`)
  })

  it.each([
    '/..', '/../a', '/a/../../b', '/%2e%2e/a', '/..%2fa', '/%2e%2e%2fa', '/a/%2e%2e/%2e%2e/b', '/.hidden', '/%2ehidden', '/a/./b',
    '//a', '/a//b', '/%2fa', '/..\\a', '/%5c%5chost%5cshare', '/C:/a', '/C%3a%5ca', '/a::$DATA', '/a%00.js', '/%', '/%zz', '/%252e%252e%252fa',
  ])('names nothing for %s', (path) => {
    expect(fileOf(root, path)).toBeUndefined()
  })

  it('never leaves the folder, whatever the path', () => {
    const piece = fc.constantFrom('..', '.', '/', '\\', '%2e', '%2f', '%5c', '%00', '%25', ':', 'a', 'C', '%', '2e', '\0')
    fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }), (pieces) => {
      const file = fileOf(root, `/${pieces.join('')}`)
      if (file !== undefined) {
        expect(file.startsWith(`${root}${sep}`)).toBe(true)
        expect(file.split(sep)).not.toContain('..')
      }
    }), { numRuns: 5000 })
  })
})
