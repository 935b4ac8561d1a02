import { describe, expect, it } from 'vitest'
import en from '../../../src/shared/explain/en.json'
import ja from '../../../src/shared/explain/ja.json'
import ko from '../../../src/shared/explain/ko.json'
import { detailsOfCall, explain, explainError, fill, type Catalogue } from '../../../src/shared/explain/explain'

const catalogues: Record<string, Catalogue> = { en, ja, ko }
const holes = (text: string | undefined): string => [...new Set([...(text ?? '').matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort().join()

describe('the catalogue of errors', () => {
  it('explains the same errors in the three languages, with the same placeholders', () => {
    for (const [id, catalogue] of Object.entries(catalogues)) {
      expect(Object.keys(catalogue), id).toEqual(Object.keys(en))
      for (const code of Object.keys(en).filter((key) => key !== '_words')) {
        for (const field of ['said', 'means', 'next'] as const) {
          expect(catalogue[code]?.[field], `${id} ${code}.${field}`).toBeTruthy()
          expect(holes(catalogue[code]?.[field]), `${id} ${code}.${field}`).toBe(holes((en as Catalogue)[code]?.[field]))
        }
      }
    }
  })

  it('has a word for every placeholder that a caller may leave out', () => {
    for (const [id, catalogue] of Object.entries(catalogues)) {
      for (const [code, entry] of Object.entries(catalogue)) {
        if (code === '_words') continue
        for (const name of holes(Object.values(entry).join(' ')).split(',').filter(Boolean)) {
          expect(catalogue._words?.[name], `${id} ${code} {${name}}`).toBeTruthy()
        }
      }
    }
  })

  it('prefers what the error means for that call, then what it means at all, then says that it does not know', () => {
    expect(explain(en, 'EACCES', 'bind', { port: 80 }).means).toContain('Port 80')
    expect(explain(en, 'EACCES', 'setsockopt', {}).means).toContain('setsockopt()')
    expect(explain(en, 'EWHATEVER', 'send', {}).said).toContain('EWHATEVER')
    for (const field of Object.values(explain(en, 'EWHATEVER', undefined, {}))) expect(field).not.toMatch(/[{}]/)
  })

  it('fills in the address of a failed connect', () => {
    const details = detailsOfCall({ address: { family: 'inet6', host: '::1', port: 9999 } }, 5)
    expect(details).toMatchObject({ address: '::1', port: 9999, endpoint: '[::1]:9999', fd: 5 })
    expect(explain(en, 'ECONNREFUSED', 'connect', details).means).toContain('Nothing listens on [::1]:9999')
  })

  it('takes the path of a Unix socket, and an end of the connection where the call names none', () => {
    expect(detailsOfCall({ address: { family: 'unix', path: '/tmp/x' } }, 1)).toMatchObject({ address: '/tmp/x', endpoint: '/tmp/x' })
    expect(detailsOfCall({ n: 5 }, 1, { remote: { family: 'inet', host: '10.0.0.1', port: 7 } })).toMatchObject({ endpoint: '10.0.0.1:7', n: 5 })
  })

  it('explains an error of a request by its own code, message and limit', () => {
    expect(explainError(en, { code: 'LIMIT', message: 'too many', limit: 'captures' }).said).toContain('captures')
    expect(explainError(en, { code: 'LIMIT', message: 'too many', limit: 'runs', detail: { limit: 64 } }).said).toContain('64 programs')
    expect(explainError(en, { code: 'INVALID', message: 'the port must be from 0 to 65535' }).said).toContain('the port must be')
  })

  it('never lets a value add placeholders of its own', () => {
    expect(fill('at {address}', { address: '{port}' }, { port: 'x' })).toBe('at {port}')
  })
})
