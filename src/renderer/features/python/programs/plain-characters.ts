/**
 * Characters that look like Python's and are not: what a word processor, a web page, a PDF or an input method puts in the
 * place of plain spaces, quotes and signs. Python refuses them, and nobody sees why.
 */

/** Spaces of other widths, and the one that does not break. */
const SPACE = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/
/** Without any width at all. */
const NOTHING = /[\u200b-\u200d\u2060\ufeff]/
const DASH = /[\u2010-\u2015\u2212]/
/** ASCII in the width of an ideograph: U+FF01 to U+FF5E. */
const WIDE = /[\uff01-\uff5e]/
const DOUBLE = '"\u201c\u201d\u201e\u201f\uff02'
const SINGLE = "'\u2018\u2019\u201a\u201b\uff07"

const plain = (c: string): string => {
  if (SPACE.test(c)) return ' '
  if (NOTHING.test(c)) return ''
  if (DASH.test(c)) return '-'
  return WIDE.test(c) ? String.fromCharCode(c.charCodeAt(0) - 0xfee0) : c
}

/** The end of a string that began with `quote` (one or three of it): where its closing quote stands, or undefined. */
function closing(source: string, from: number, quotes: string, three: boolean, exact: string | undefined): number | undefined {
  for (let at = from; at < source.length; at++) {
    const c = source[at]!
    if (c === '\\') at++
    else if (c === '\n' && !three) return undefined
    else if (exact === undefined ? quotes.includes(c) : c === exact) {
      if (!three) return at
      if (quotes.includes(source[at + 1] ?? ' ') && quotes.includes(source[at + 2] ?? ' ')) return at
    }
  }
  return undefined
}

/** The same program in plain characters; what stands within its strings and comments is left as it is. */
export function plainCharacters(source: string): string {
  let out = ''
  for (let at = 0; at < source.length; at++) {
    const c = source[at]!
    const quotes = DOUBLE.includes(c) ? DOUBLE : SINGLE.includes(c) ? SINGLE : undefined
    if (plain(c) === '#') {
      const end = source.indexOf('\n', at)
      out += `#${source.slice(at + 1, end < 0 ? undefined : end)}`
      if (end < 0) break
      at = end - 1
    } else if (quotes !== undefined) {
      const three = quotes.includes(source[at + 1] ?? ' ') && quotes.includes(source[at + 2] ?? ' ')
      const size = three ? 3 : 1
      const quote = quotes[0]!.repeat(size)
      // a string in plain quotes ends with a plain one: any other is part of its text
      const end = closing(source, at + size, quotes, three, c === quotes[0] ? c : undefined)
      if (end === undefined) {
        out += quotes[0]!
        continue
      }
      out += quote + source.slice(at + size, end) + quote
      at = end + size - 1
    } else out += plain(c)
  }
  return out
}
