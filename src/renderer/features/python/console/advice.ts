/**
 * The mistakes that newcomers make, found by Python's own words. Each is a key of `python.advice`, which says what it
 * means and what to do; errors of the operating system have their explanation in shared/explain.
 */
import type { Traceback } from './traceback'

export const ADVICE = [
  'oddCharacter', 'python2Print', 'python2Input', 'python2Name', 'indentation', 'syntax', 'unclosed', 'strBytes', 'bytesStr', 'addressTuple', 'threadArgs', 'portNumber', 'portRange', 'decode', 'noAttribute',
  'shadow', 'noImport', 'noModule', 'name', 'timeout', 'endOfInput', 'interrupted', 'notNumber', 'structSize', 'closedFile', 'unpackNone', 'index',
] as const
export type AdviceKey = (typeof ADVICE)[number]

const MODULES = new Set('socket select selectors threading time sys struct json os random zlib queue asyncio errno logging re math string datetime ipaddress http urllib xmlrpc socketserver'.split(' '))
const OLD_NAMES = new Set('unicode xrange unichr long basestring reduce reload file'.split(' '))

const RULES: [AdviceKey, (type: string, message: string) => boolean][] = [
  ['python2Print', (type, message) => type === 'SyntaxError' && /Missing parentheses in call to 'print'/.test(message)],
  ['oddCharacter', (type, message) => type === 'SyntaxError' && /^invalid (non-printable )?character/.test(message)],
  ['indentation', (type) => type === 'IndentationError' || type === 'TabError'],
  ['unclosed', (type, message) => type === 'SyntaxError' && /was never closed|unterminated|unexpected EOF|EOL while/.test(message)],
  ['syntax', (type) => type === 'SyntaxError'],
  ['python2Input', (type, message) => type === 'NameError' && /'raw_input'/.test(message)],
  ['python2Name', (type, message) => type === 'NameError' && OLD_NAMES.has(nameIn(message))],
  ['noImport', (type, message) => type === 'NameError' && MODULES.has(nameIn(message))],
  ['name', (type) => type === 'NameError' || type === 'UnboundLocalError'],
  ['strBytes', (type, message) => type === 'TypeError' && /a bytes-like object is required, not 'str'|can't concat str to bytes|string argument without an encoding|must be .*bytes.*, not str/.test(message)],
  ['bytesStr', (type, message) => (type === 'TypeError' && /can only concatenate str \(not "bytes"\)|must be str, not bytes|expected str instance, bytes found/.test(message))
    || (type === 'AttributeError' && /'bytes' object has no attribute '(encode|format)'/.test(message))],
  ['decode', (type) => type === 'UnicodeDecodeError' || type === 'UnicodeEncodeError'],
  ['addressTuple', (type, message) => type === 'TypeError' && /address must be tuple|takes exactly one argument \(2 given\)|address must be a pair/.test(message)],
  ['threadArgs', (type, message) => type === 'TypeError' && /argument after \* must be an iterable/.test(message)],
  ['portNumber', (type, message) => type === 'TypeError' && /'str' object cannot be interpreted as an integer|an integer is required/.test(message)],
  ['portRange', (type, message) => type === 'OverflowError' && /port must be/.test(message)],
  ['shadow', (type, message) => type === 'AttributeError' && /partially initialized module|module 'socket' has no attribute '(socket|AF_INET)'/.test(message)],
  ['unpackNone', (type, message) => type === 'TypeError' && /NoneType/.test(message)],
  ['noAttribute', (type) => type === 'AttributeError'],
  ['noModule', (type) => type === 'ModuleNotFoundError' || type === 'ImportError'],
  ['timeout', (type, message) => type === 'TimeoutError' && !/Errno/.test(message)],
  ['endOfInput', (type) => type === 'EOFError'],
  ['interrupted', (type) => type === 'KeyboardInterrupt'],
  ['notNumber', (type, message) => type === 'ValueError' && /invalid literal for int|could not convert string to float/.test(message)],
  ['closedFile', (type, message) => type === 'ValueError' && /I\/O operation on closed file/.test(message)],
  ['structSize', (type, message) => type === 'error' && /requires a buffer|bytes/.test(message)],
  ['index', (type) => type === 'IndexError'],
]

const nameIn = (message: string): string => /name '(\w+)'/.exec(message)?.[1] ?? ''

/** What to say of an exception; undefined where Python's own words must do, or the operating system's errno says it. */
export function adviceFor({ type, message }: Traceback): { key: AdviceKey; name: string } | undefined {
  const key = RULES.find(([, fits]) => fits(type, message))?.[0]
  return key && { key, name: (/'(\w+)'/.exec(message) ?? /\((U\+[0-9A-F]+)\)|(?<= )(U\+[0-9A-F]+)$/.exec(message))?.slice(1).find(Boolean) ?? '' }
}

/** 111 of '[Errno 111] Connection refused'. */
export const errnoOf = (message: string): number | undefined => {
  const found = /^\[Errno (-?\d+)\]/.exec(message)?.[1]
  return found === undefined ? undefined : Number(found)
}
