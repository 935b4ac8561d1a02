/** The sum server's answers: what Python's int(), float() and + make of the same bytes. */
import { floatRepr } from './python'

const ERROR = 'error: send two numbers, such as 1 2'
/** sys.int_info.default_max_str_digits: int() and str() refuse more */
const MOST_DIGITS = 4300
const INTEGER = /^[+-]?\d+(?:_\d+)*$/
const FLOAT = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i

const latin1 = (data: Uint8Array): string => Array.from(data, (b) => String.fromCharCode(b)).join('')

/** An answer for each line of what came, each with its newline. Text without a newline is a line, too. */
export function sums(data: Uint8Array): Uint8Array {
  const lines = latin1(data).split(/\r\n|\r|\n/)
  // bytes.splitlines(): what ends in a newline has no empty line behind it
  if (lines.length > 1 && lines.at(-1) === '') lines.pop()
  return new TextEncoder().encode(lines.map((line) => `${sumOf(line)}\n`).join(''))
}

/** 'a b' -> a + b as Python prints it, or the one error. */
function sumOf(line: string): string {
  // bytes.split(): runs of ASCII whitespace
  const words = line.split(/[ \t\n\r\v\f]+/).filter((word) => word !== '')
  const [a, b] = words.map(numberOf)
  if (words.length !== 2 || a === undefined || b === undefined) return ERROR
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    const sum = String(a + b)
    return sum.replace('-', '').length > MOST_DIGITS ? ERROR : sum
  }
  const floats = [a, b].map(Number)
  // an int that no float can hold is an OverflowError; a float may be infinite
  if ([a, b].some((n, i) => typeof n === 'bigint' && !Number.isFinite(floats[i]))) return ERROR
  return floatRepr(floats[0]! + floats[1]!)
}

function numberOf(word: string): bigint | number | undefined {
  const plain = word.replaceAll('_', '')
  if (/[.eE]/.test(word)) return FLOAT.test(word) ? Number(plain) : undefined
  if (!INTEGER.test(word) || plain.replace(/^[+-]/, '').length > MOST_DIGITS) return undefined
  return BigInt(plain.replace(/^\+/, ''))
}
