/** XML-RPC with Python's own client and server, both ways. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonRepr } from '../../src/shared/rpc/python'
import { readResponse } from '../../src/shared/rpc/read'
import { writeResult } from '../../src/shared/rpc/write'
import { oldText, rpcValueOf } from '../unit/shared/rpc/arbitrary'
import { lab, startPython } from './lib/peer'
import { startTwin } from './lib/twin'

/** For each line (base64 of a response): the value's repr, and what Python writes for it. */
const MIRROR = `
import base64, sys, xmlrpc.client as x
def show(v):
    if isinstance(v, list): return '[' + ', '.join(map(show, v)) + ']'
    if isinstance(v, dict): return '{' + ', '.join(f'{k!r}: {show(one)}' for k, one in v.items()) + '}'
    if isinstance(v, x.DateTime): return f'DateTime({str(v)!r})'
    if isinstance(v, x.Binary): return f'Binary({v.data!r})'
    return repr(v)
for line in sys.stdin:
    params, _ = x.loads(base64.b64decode(line))
    again = x.dumps(params, methodresponse=True, allow_none=True)
    print(base64.b64encode(show(params[0]).encode()).decode(), base64.b64encode(again.encode()).decode())
`

const CLIENT = `
import sys, xmlrpc.client as x
s = x.ServerProxy(sys.argv[1], allow_none=True)
def show(f, *args):
    try: print(repr(f(*args)))
    except x.Fault as fault: print('fault', fault.faultCode, fault.faultString)
show(s.addtogether, 'x', 'y', 'z')
show(s.addtogether, 1, 2, 3, 4, 5)
show(s.addtogether, 1, 2.5, True)
show(s.addtogether, [1], ['a'])
show(s.addtogether, '안', '녕')
show(s.quadratic, 2, -4, 0)
show(s.quadratic, 1, 2, 1)
show(s.quadratic, 1, 0, 1)
show(s.quadratic, 1.5, -3, 0.25)
show(s.quadratic, 0, 1, 1)
show(s.quadratic, 1)
show(s.quadratic, 1, 2, 3, 4)
show(s.addtogether)
show(s.addtogether, 1, 'x')
show(s.addtogether, 'x', 1)
show(s.addtogether, [1], 1)
show(s.addtogether, {}, None)
show(s.addtogether, 2147483647, 1)
show(s.nope)
show(s.system.listMethods)
show(s.system.methodHelp, 'quadratic')
show(s.system.methodHelp, 'addtogether')
show(s.system.methodHelp, 'nope')
show(s.system.methodSignature, 'quadratic')
m = x.MultiCall(s)
m.addtogether(1, 2)
m.quadratic(1, 0, 1)
m.nope()
results = m()
for i in range(3): show(lambda: results[i])
`

describe('xmlrpc-server', () => {
  it("answers Python's client exactly as Python's server does", async () => {
    const answers = []
    for (const server of [lab('xmlrpc-server', '--port', '0'), startTwin('xmlrpc-server', { port: 0 })]) {
      const client = startPython(CLIENT, `http://127.0.0.1:${await server.port()}`)
      expect(await client.finish()).toMatchObject({ code: 0 })
      answers.push(client.lines)
    }
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]!.slice(0, 7)).toEqual(["'xyz'", '15', '4.5', "[1, 'a']", "'안녕'", '[0.0, 2.0]', '[-1.0]'])
    expect(answers[0]).toHaveLength(27)
  })

  it('several clients at once, and it stops', async () => {
    const server = lab('xmlrpc-server', '--port', '0', '--host', '::1')
    const port = await server.port()
    const clients = Array.from({ length: 4 }, () => startPython(CLIENT, `http://[::1]:${port}`))
    for (const client of clients) expect(await client.finish()).toMatchObject({ code: 0 })
    await server.line(/^::1 - - \[.*\] "POST \/RPC2 HTTP\/1\.1" 200 -$/)
    expect(await server.stop()).toMatchObject({ code: 0 })
    expect(server.err).toBe('')
  })
})

describe('xmlrpc-client', () => {
  it.each([
    ['addtogether', '["x", "y", "z"]', "'xyz'"],
    ['addtogether', '1, 2.0', '3.0'],
    ['quadratic', '[2, -4, 0]', '[0.0, 2.0]'],
    ['quadratic', '[0, 1, 1]', "fault 1: <class 'ZeroDivisionError'>:float division by zero"],
    ['addtogether', '[[{"$base64": "AAH/"}], [{"$dateTime": "20260131T09:15:00"}, null, {"k": 1e16}]]', "[Binary(b'\\x00\\x01\\xff'), DateTime('20260131T09:15:00'), None, {'k': 1e+16}]"],
    ['system.listMethods', '', "['addtogether', 'quadratic', 'system.listMethods', 'system.methodHelp', 'system.methodSignature', 'system.multicall']"],
    ['system.multicall', '[[{"methodName": "addtogether", "params": [1, 2]}, {"methodName": "nope", "params": []}]]',
      "[[3], {'faultCode': 1, 'faultString': '<class \\'Exception\\'>:method \"nope\" is not supported'}]"],
  ])("%s %s: from Python's server and from ours, by our client and by the twin", async (method, params, expected) => {
    for (const server of [lab('xmlrpc-server', '--port', '0'), startTwin('xmlrpc-server', { port: 0 })]) {
      const url = `http://127.0.0.1:${await server.port()}`
      const ours = lab('xmlrpc-client', '--url', url, '--method', method, '--params', params)
      expect(await ours.finish()).toMatchObject({ code: 0 })
      const twin = startTwin('xmlrpc-client', { url, method, params })
      expect(await twin.finish()).toMatchObject({ code: 0 })
      expect(ours.lines.at(-1)).toBe(expected)
      expect(ours.lines).toEqual(twin.lines)
    }
  })

  it('a wrong parameter: one clear line', async () => {
    for (const [option, value, said] of [['params', '[1', /^lab: --params: the JSON is wrong at character 3/], ['method', 'a b', /^lab: --method must/], ['url', 'ftp://x', /^lab: --url must/]] as const) {
      const client = lab('xmlrpc-client', `--${option}=${value}`)
      expect(await client.finish()).toMatchObject({ code: 2 })
      expect(client.err).toMatch(said)
    }
  })
})

it('3,000 generated values: Python reads what we write as we print it, and we read what Python writes', { timeout: 60_000 }, async () => {
  const values = fc.sample(rpcValueOf(oldText), { numRuns: 3000, seed: 40 })
  const mirror = startPython(MIRROR)
  expect(await mirror.finish(values.map((value) => `${Buffer.from(writeResult(value)).toString('base64')}\n`).join(''))).toMatchObject({ code: 0 })
  expect(mirror.lines).toHaveLength(values.length)
  for (const [n, value] of values.entries()) {
    const [repr, again] = mirror.lines[n]!.split(' ').map((text) => Buffer.from(text, 'base64'))
    expect(repr!.toString()).toBe(pythonRepr(value))
    expect(readResponse(again!)).toEqual({ result: value })
  }
})
