import { describe, expect, it } from 'vitest'
import { CompletionContext } from '@codemirror/autocomplete'
import { EditorState, Text } from '@codemirror/state'
import { python } from '@codemirror/lang-python'
import { breakpointLines, breakpoints, setBreakpoints } from '../../../../src/renderer/features/python/editor/breakpoints'
import { kindOf, pythonCompletions } from '../../../../src/renderer/features/python/editor/completions'
import { decorate } from '../../../../src/renderer/features/python/editor/marks'
import { rangeOf } from '../../../../src/renderer/features/python/editor/problems'
import { haltedAt, threadPlaces } from '../../../../src/renderer/features/python/editor/thread-places'
import { createLab, fold } from '../../../../src/shared/projections'
import type { TraceEvent, Unstamped } from '../../../../src/shared/trace/events'

const offered = (source: string): string[] => {
  const at = source.indexOf('|')
  const state = EditorState.create({ doc: source.replace('|', ''), extensions: [python()] })
  return pythonCompletions(new CompletionContext(state, at, true))?.options.map((one) => one.label) ?? []
}

describe('completion', () => {
  it('knows the modules, under another name too', () => {
    expect(offered('import socket\nsocket.|')).toContain('create_server')
    expect(offered('import socket as s\ns.SO_|')).toContain('SO_REUSEADDR')
    expect(offered('import struct\nstruct.|')).toContain('calcsize')
    expect(offered('import |')).toContain('select')
  })
  it('knows what a name holds', () => {
    expect(offered('x = socket.socket()\nx.|')).toContain('setsockopt')
    expect(offered('c, a = server.accept()\nc.|')).toContain('recv')
    expect(offered('with socket.create_server(a) as z:\n    z.|')).toContain('accept')
    expect(offered('p = select.poll()\np.|')).toContain('register')
    expect(kindOf('w', 'w = threading.Thread(target=f)')).toBe('thread')
    expect(kindOf('f', 'f = sock.makefile("rb")')).toBe('file')
    expect(kindOf('conn', 'def serve(conn):')).toBe('socket')
    expect(offered('number = 3\nnumber.|')).toEqual([])
  })
})

describe('breakpoints', () => {
  const state = (doc: string) => EditorState.create({ doc, extensions: [breakpoints(() => undefined)] })
  it('move with their lines, and go with them', () => {
    let now = state('a\nb\nc').update({ effects: setBreakpoints.of([2, 9]) }).state
    expect(breakpointLines(now)).toEqual([2])
    now = now.update({ changes: { from: 0, insert: 'new\n' } }).state
    expect(breakpointLines(now)).toEqual([3])
    now = now.update({ changes: { from: 0, to: now.doc.length } }).state
    expect(breakpointLines(now)).toEqual([])
  })
})

describe('marks', () => {
  it('stay within the text', () => {
    const state = EditorState.create({ doc: 'a\nb' })
    expect(decorate(state, [{ line: 3, kind: 'halted', text: 'x' }, { line: 0, kind: 'error', text: 'y' }]).size).toBe(0)
    expect(decorate(state, [{ line: 2, kind: 'halted', text: 'x' }, { line: 2, kind: 'error', text: 'y' }]).size).toBe(3)
  })
})

/** A program of two threads: main is blocked in accept(), the other halts at a breakpoint and goes on. */
function traced() {
  const state = createLab()
  let seq = 0
  const add = (event: Unstamped): number => {
    fold(state, { ...event, seq, t: seq * 10 } as TraceEvent)
    return seq++
  }
  add({ k: 'run', run: 1, program: 'python', params: {}, file: 'a.py', source: '1\n2\n3' })
  add({ k: 'thread', run: 1, thread: 1, name: 'main', func: '<module>' })
  add({ k: 'call', call: 1, thread: 1, name: 'accept', sock: 1, fd: 3, args: {}, line: 3 })
  const blocked = add({ k: 'block', call: 1, why: 'readable' })
  add({ k: 'thread', run: 1, thread: 2, name: 'Thread-1', func: 'serve' })
  add({ k: 'call', call: 2, thread: 2, name: 'recv', sock: 2, fd: 4, args: {}, line: 1 })
  const back = add({ k: 'ret', call: 2, value: 1 })
  const first = add({ k: 'halt', thread: 2, file: 'a.py', line: 2, func: 'serve', why: 'breakpoint', locals: [{ name: 'data', type: 'bytes', repr: "b'x'" }] })
  const goes = add({ k: 'halt', thread: 2, file: 'a.py', line: 2, func: 'serve', why: 'goes-on', locals: [] })
  const second = add({ k: 'halt', thread: 2, file: 'a.py', line: 3, func: 'serve', why: 'step', locals: [{ name: 'data', type: 'bytes', repr: "b'x'" }, { name: 'n', type: 'int', repr: '1' }] })
  const ended = add({ k: 'run-end', run: 1, status: 'ok' })
  return { calls: state.calls, run: state.calls.runs.get(1)!, blocked, back, first, goes, second, ended }
}

describe('where threads stand', () => {
  const { calls, run, blocked, back, first, goes, second, ended } = traced()
  const at = (cursor: number) => threadPlaces(calls, run, cursor).map(({ thread, line, state }) => [thread, line, state])
  it('is what was known at each moment', () => {
    expect(at(blocked)).toEqual([[1, 3, 'waiting']])
    expect(threadPlaces(calls, run, blocked)[0]).toMatchObject({ call: 'accept', why: 'readable', since: blocked * 10 })
    expect(at(back)).toEqual([[1, 3, 'waiting'], [2, 1, 'returned']])
    expect(at(first)).toEqual([[1, 3, 'waiting'], [2, 2, 'halted']])
    // it runs, and no later call says where
    expect(at(goes)).toEqual([[1, 3, 'waiting']])
    expect(at(second)).toEqual([[1, 3, 'waiting'], [2, 3, 'halted']])
    expect(at(ended)).toEqual([])
  })
  it('tells the variables, and which of them are new', () => {
    expect(haltedAt(calls, run, back)).toEqual([])
    expect(haltedAt(calls, run, first).map((one) => [one.line, [...one.changed]])).toEqual([[2, []]])
    expect(haltedAt(calls, run, second).map((one) => [one.line, [...one.changed]])).toEqual([[3, ['n']]])
    expect(haltedAt(calls, run, ended)).toEqual([])
  })
})

describe('where a syntax error is underlined', () => {
  const doc = Text.of(['é = "안녕", 👋 x', '', 'if a:'])
  const at = (line: number, column: number, endLine: number, endColumn: number) => {
    const { from, to } = rangeOf(doc, { type: 'SyntaxError', message: '', line, column, endLine, endColumn })
    return [doc.lineAt(from).number, doc.sliceString(from, to)]
  }
  it.each<[string, [number, number, number, number], [number, string]]>([
    ['characters, not UTF-16 units', [1, 13, 1, 14], [1, 'x']],
    ['no further than its line', [1, 13, 3, 2], [1, 'x']],
    ['behind the end of a line: the last word', [3, 6, 3, 6], [3, 'a:']],
    ['no width: the character there', [3, 1, 3, 1], [3, 'i']],
    ['a line that is not there: the last one', [9, 1, 9, 3], [3, 'if']],
    ['an empty line: nothing to underline', [2, 1, 2, 1], [2, '']],
  ])('%s', (_, given, expected) => expect(at(...given)).toEqual(expected))
})
