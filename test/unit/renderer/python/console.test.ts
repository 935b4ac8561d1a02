import { describe, expect, it } from 'vitest'
import { adviceFor, errnoOf } from '../../../../src/renderer/features/python/console/advice'
import { ConsoleLog, MAX_LINES } from '../../../../src/renderer/features/python/console/console-log'
import { lastTraceback, ownFrame } from '../../../../src/renderer/features/python/console/traceback'
import { listensOn, serverExample } from '../../../../src/renderer/features/python/console/use-remedy'
import { createLab, fold } from '../../../../src/shared/projections'
import type { TraceEvent, Unstamped } from '../../../../src/shared/trace/events'

/** A lab with one Python run, and what is added to it. */
function lab() {
  const state = createLab()
  let seq = 0
  const add = (event: Unstamped): number => {
    fold(state, { ...event, seq, t: seq * 10 } as TraceEvent)
    return seq++
  }
  add({ k: 'run', run: 1, program: 'python', params: {}, file: 'a.py', source: '' })
  add({ k: 'thread', run: 1, thread: 1, name: 'main', func: '<module>' })
  const log = new ConsoleLog(state.calls.runs.get(1)!)
  return { state, add, log, print: (text: string, err = false) => add({ k: 'print', thread: 1, text, ...(err ? { err } : {}) }) }
}
const texts = (log: ConsoleLog) => log.lines.map((line) => line.parts.map((part) => part.text).join(''))

describe('the console', () => {
  it('joins pieces to lines and keeps empty ones', () => {
    const { state, log, print } = lab()
    print('a')
    print('b\n\nc\n')
    print('d')
    log.update(state.calls)
    expect(texts(log)).toEqual(['ab', '', 'c', 'd'])
    expect(log.text(Infinity)).toBe('ab\n\nc\nd')
    expect(log.update(state.calls)).toBe(false)
  })
  it('shows what was known at the cursor', () => {
    const { state, log, print } = lab()
    const first = print('a')
    print('b\nc\n')
    log.update(state.calls)
    expect(log.count(first)).toBe(1)
    expect(log.text(first)).toBe('a\n')
    expect(log.count(first - 1)).toBe(0)
  })
  it('puts a typed line behind its prompt, and the end of input', () => {
    const { state, add, log, print } = lab()
    print('name? ')
    add({ k: 'call', call: 1, thread: 1, name: 'input', args: { prompt: '' } })
    log.update(state.calls)
    add({ k: 'ret', call: 1, value: 'Ada' })
    print('hello Ada\n')
    add({ k: 'call', call: 2, thread: 1, name: 'input', args: { prompt: '' } })
    add({ k: 'ret', call: 2, value: null })
    log.update(state.calls)
    expect(texts(log)).toEqual(['name? Ada', 'hello Ada', ''])
    expect(log.lines[0]?.parts.map((part) => part.kind)).toEqual(['out', 'typed'])
    expect(log.lines[2]?.parts[0]?.kind).toBe('eof')
  })
  it('is bounded, and counts what it leaves out', () => {
    const { state, log, print } = lab()
    for (let i = 0; i < 30; i++) print(`${'x\n'.repeat(1000)}`)
    log.update(state.calls)
    expect(log.lines.length).toBeLessThanOrEqual(MAX_LINES + 2000)
    expect(log.dropped + log.lines.length).toBe(30_000)
    expect(log.lines.at(-1)?.n).toBe(29_999)
  })
})

const REFUSED = `Traceback (most recent call last):
  File "client.py", line 12, in <module>
    main()
    ~~~~^^
  File "client.py", line 5, in main
    s.connect(('127.0.0.1', 9999))
    ~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^
ConnectionRefusedError: [Errno 111] Connection refused
`.split('\n')

describe('a traceback', () => {
  it('has frames, a type and a message', () => {
    const found = lastTraceback(REFUSED)!
    expect(found).toEqual({
      frames: [{ file: 'client.py', line: 12, func: '<module>' }, { file: 'client.py', line: 5, func: 'main' }],
      type: 'ConnectionRefusedError', message: '[Errno 111] Connection refused',
    })
    expect(ownFrame(found, 'client.py')?.line).toBe(5)
    expect(errnoOf(found.message)).toBe(111)
  })
  it('leads to the own file where the error was deeper', () => {
    const lines = ['Traceback (most recent call last):', '  File "a.py", line 3, in <module>', '    socket.create_connection(x)', '  File "/lib/python3.14/socket.py", line 849, in create_connection', 'TypeError: bad']
    expect(ownFrame(lastTraceback(lines)!, 'a.py')?.line).toBe(3)
  })
  it('of a syntax error names the line without a function', () => {
    const lines = ['  File "a.py", line 2', "    print 'hello'", '    ^^^^^^^^^^^^^', "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?"]
    const found = lastTraceback(lines)!
    expect(ownFrame(found, 'a.py')?.line).toBe(2)
    expect(adviceFor(found)?.key).toBe('python2Print')
  })
  it('is the last of several, and no line that only looks like one', () => {
    expect(lastTraceback([...REFUSED.slice(0, -1), '', 'During handling of the above exception, another exception occurred:', '', 'Traceback (most recent call last):', '  File "b.py", line 1, in f', 'ValueError: x'])?.frames).toEqual([{ file: 'b.py', line: 1, func: 'f' }])
    expect(lastTraceback(['Warning: something', 'Error: nothing'])).toBeUndefined()
  })
})

describe('advice', () => {
  const of = (type: string, message: string) => adviceFor({ frames: [], type, message })?.key
  it.each([
    ['NameError', "name 'raw_input' is not defined", 'python2Input'],
    ['NameError', "name 'xrange' is not defined", 'python2Name'],
    ['NameError', "name 'threading' is not defined. Did you forget to import 'threading'?", 'noImport'],
    ['NameError', "name 'conn' is not defined", 'name'],
    ['IndentationError', 'unexpected indent', 'indentation'],
    ['SyntaxError', "'(' was never closed", 'unclosed'],
    ['SyntaxError', 'invalid syntax', 'syntax'],
    ['TypeError', "a bytes-like object is required, not 'str'", 'strBytes'],
    ['TypeError', 'can only concatenate str (not "bytes") to str', 'bytesStr'],
    ['TypeError', 'AF_INET address must be tuple, not str', 'addressTuple'],
    ['TypeError', 'socket.connect() takes exactly one argument (2 given)', 'addressTuple'],
    ['TypeError', "'str' object cannot be interpreted as an integer", 'portNumber'],
    ['OverflowError', 'bind(): port must be 0-65535.', 'portRange'],
    ['UnicodeDecodeError', "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte", 'decode'],
    ['ModuleNotFoundError', "No module named 'requests'", 'noModule'],
    ['TimeoutError', 'timed out', 'timeout'],
    ['EOFError', 'EOF when reading a line', 'endOfInput'],
    ['IndexError', 'list index out of range', 'index'],
    ['error', 'unpack requires a buffer of 4 bytes', 'structSize'],
  ])('%s: %s', (type, message, key) => expect(of(type, message)).toBe(key))
  it('leaves the operating system its own errors', () => {
    expect(of('ConnectionRefusedError', '[Errno 111] Connection refused')).toBeUndefined()
    expect(of('TimeoutError', '[Errno 110] Connection timed out')).toBeUndefined()
    expect(of('OSError', '[Errno 98] Address already in use')).toBeUndefined()
  })
})

describe('the server that was missing', () => {
  it('is known by its port', () => {
    expect(listensOn("s.bind(('', 9999))\ns.listen()", 9999)).toBe(true)
    expect(listensOn("s.bind(('', 19999))\ns.listen()", 9999)).toBe(false)
    expect(listensOn("s.connect(('', 9999))", 9999)).toBe(false)
    expect(serverExample(9999)).toBe('server')
    expect(serverExample(50_007)).toBe('echo')
    expect(serverExample(8000)).toBe('webServer')
    expect(serverExample(7)).toBeUndefined()
  })
})
