/** Python source in coloured pieces: enough of the language's lexis (Python reference, chapter 2) to read it well. */

export type TokenKind = 'plain' | 'keyword' | 'builtin' | 'string' | 'number' | 'comment' | 'def'
export interface Token {
  text: string
  kind: TokenKind
}

const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global ' +
    'if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
)
const BUILTINS = new Set(
  'bytes bytearray enumerate format input int isinstance len list map max min open print range repr sorted str sum zip'.split(' '),
)

const OPENING = /(?:[rRbBuUfF]|[rR][bBfF]|[bBfF][rR])?("""|'''|"|')/y
const NUMBER = /(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*)?\.?\d[\d_]*(?:[eE][+-]?\d+)?)/y
const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy
const OTHER = /\s+|./uy

function take(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** Index behind the string that `quote` opened at `at`; the end of the line (or of all) where it is not closed. */
function closing(source: string, at: number, quote: string): number {
  for (let i = at; i < source.length; i++) {
    if (source.charAt(i) === '\\') i++
    else if (source.startsWith(quote, i)) return i + quote.length
    else if (quote.length === 1 && source.charAt(i) === '\n') return i
  }
  return source.length
}

/** The source's lines (without their ends), each in pieces that join to the line. */
export function pythonTokens(source: string): Token[][] {
  const lines: Token[][] = [[]]
  const add = (text: string, kind: TokenKind): void => {
    text.split('\n').forEach((part, i) => {
      if (i > 0) lines.push([])
      const line = lines.at(-1) as Token[]
      const last = line.at(-1)
      if (last?.kind === kind && kind === 'plain') last.text += part
      else if (part !== '') line.push({ text: part, kind })
    })
  }
  let before = ''
  for (let at = 0; at < source.length;) {
    if (source.charAt(at) === '#') {
      const end = source.indexOf('\n', at)
      const text = source.slice(at, end < 0 ? source.length : end)
      add(text, 'comment')
      at += text.length
      continue
    }
    OPENING.lastIndex = at
    const opening = OPENING.exec(source)
    if (opening) {
      const end = closing(source, at + opening[0].length, opening[1] as string)
      add(source.slice(at, end), 'string')
      at = end
      before = ''
      continue
    }
    const name = take(NAME, source, at)
    if (name) {
      const kind = KEYWORDS.has(name)
        ? 'keyword'
        : before === 'def' || before === 'class'
          ? 'def'
          : BUILTINS.has(name) && source.charAt(at - 1) !== '.'
            ? 'builtin'
            : 'plain'
      add(name, kind)
      before = name
      at += name.length
      continue
    }
    const number = take(NUMBER, source, at)
    const text = number ?? take(OTHER, source, at) ?? source.charAt(at)
    add(text, number ? 'number' : 'plain')
    if (text.trim() !== '') before = ''
    at += text.length
  }
  return lines
}
