/** The three languages say the same things, with the same placeholders, and every key that the code uses is there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createI18n } from 'vue-i18n'
import { describe, expect, it } from 'vitest'

const RENDERER = resolve(import.meta.dirname, '../../../src/renderer')
const LOCALES = join(RENDERER, 'i18n/locales')
const LANGUAGES = ['en', 'ja', 'ko'] as const
type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, path: string, into: Map<string, string>): Map<string, string> {
  for (const [key, value] of Object.entries(tree)) {
    const at = path === '' ? key : `${path}.${key}`
    if (typeof value === 'string') into.set(at, value)
    else flat(value, at, into)
  }
  return into
}
function language(id: string): Map<string, string> {
  const all = new Map<string, string>()
  for (const file of readdirSync(join(LOCALES, id)).filter((name) => name.endsWith('.json'))) {
    flat(JSON.parse(readFileSync(join(LOCALES, id, file), 'utf8')) as Tree, file.slice(0, -'.json'.length), all)
  }
  return all
}
const texts = Object.fromEntries(LANGUAGES.map((id) => [id, language(id)])) as Record<(typeof LANGUAGES)[number], Map<string, string>>
/** A plural message repeats its placeholders in each form: what counts is which there are. */
const placeholders = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string))].sort()
const forms = (text: string): number => text.split('|').length

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? sources(join(folder, entry.name)) : /\.(vue|ts)$/.test(entry.name) ? [join(folder, entry.name)] : [])
}

/** Keys as written in t('...') and t(`...${x}...`), the latter as patterns. `say` is what a component calls t when t is taken. */
function used(): { file: string; key: string; pattern: RegExp }[] {
  const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const found: { file: string; key: string; pattern: RegExp }[] = []
  for (const file of sources(RENDERER)) {
    const source = readFileSync(file, 'utf8')
    const at = (key: string, pattern: string) => found.push({ file: file.slice(RENDERER.length + 1), key, pattern: new RegExp(`^${pattern}$`) })
    for (const [, key] of source.matchAll(/\b(?:t|say)\(\s*'([^']+)'/g)) at(key as string, escape(key as string))
    // a choice between two keys: t(x ? 'a.b' : 'a.c')
    for (const [, first, second] of source.matchAll(/\b(?:t|say)\([^'`()]*\?\s*'([^']+)'\s*:\s*'([^']+)'/g)) {
      at(first as string, escape(first as string))
      at(second as string, escape(second as string))
    }
    for (const [, key] of source.matchAll(/\b(?:t|say)\(\s*`((?:[^`$]|\$\{(?:[^{}]|\{[^{}]*\})*\})+)`/g)) {
      at(key as string, (key as string).split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/).map(escape).join('[\\w-]+(?:\\.[\\w-]+)*'))
    }
  }
  return found
}

describe('languages', () => {
  it('have the same keys', () => {
    const english = [...texts.en.keys()].sort()
    expect(english.length).toBeGreaterThan(200)
    for (const id of ['ja', 'ko'] as const) expect([...texts[id].keys()].sort(), id).toEqual(english)
  })

  it('have the same placeholders, and plural forms where English has them', () => {
    const wrong: string[] = []
    for (const [key, english] of texts.en) {
      for (const id of ['ja', 'ko'] as const) {
        const other = texts[id].get(key) ?? ''
        if (placeholders(other).join() !== placeholders(english).join()) wrong.push(`${id} ${key}: ${other}`)
        if (forms(other) > 1 && forms(other) !== forms(english)) wrong.push(`${id} ${key}: ${forms(other)} forms for ${forms(english)}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('have no empty text, and none that is still English where words were to be translated', () => {
    const english = /[A-Za-z]{3,} [a-z]{2,} [a-z]{2,} [a-z]{2,}/
    const wrong: string[] = []
    for (const id of LANGUAGES) for (const [key, text] of texts[id]) if (text.trim() === '') wrong.push(`${id} ${key}`)
    for (const id of ['ja', 'ko'] as const) for (const [key, text] of texts[id]) if (text === texts.en.get(key) && english.test(text)) wrong.push(`${id} ${key}: ${text}`)
    expect(wrong).toEqual([])
  })

  it('are messages that vue-i18n can say, with every placeholder filled', () => {
    const wrong: string[] = []
    for (const id of LANGUAGES) {
      const messages = Object.fromEntries(texts[id])
      const i18n = createI18n({
        legacy: false, locale: id, messages: { [id]: {} }, flatJson: true, missingWarn: false, fallbackWarn: false, warnHtmlMessage: false,
      })
      i18n.global.setLocaleMessage(id, messages)
      for (const [key, text] of texts[id]) {
        const said = i18n.global.t(key, Object.fromEntries(placeholders(text).map((name) => [name, '7'])))
        if (said === key || /[{}]/.test(said)) wrong.push(`${id} ${key}: ${said}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('have every key that the code asks for', () => {
    const keys = [...texts.en.keys()]
    const asked = used()
    expect(asked.length).toBeGreaterThan(150)
    expect(asked.filter(({ pattern }) => !keys.some((key) => pattern.test(key))).map(({ file, key }) => `${file}: ${key}`)).toEqual([])
  })
})
