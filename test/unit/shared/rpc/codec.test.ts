/** XML-RPC: what Python writes, round trips, every prefix, and hostile XML. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64, toBase64 } from '../../../../src/shared/rpc/base64'
import { fromJson, paramsFromJson } from '../../../../src/shared/rpc/json'
import { RPC_LIMITS } from '../../../../src/shared/rpc/limits'
import { pythonFloat, pythonRepr } from '../../../../src/shared/rpc/python'
import { readCall, readResponse } from '../../../../src/shared/rpc/read'
import { RpcError, type RpcCall } from '../../../../src/shared/rpc/value'
import { writeCall, writeFault, writeResult } from '../../../../src/shared/rpc/write'
import { decodeXml, parseXml, type XmlNode } from '../../../../src/shared/rpc/xml'
import { answerCall } from '../../../../src/engine/services/rpc-service'
import { rpcValue } from './arbitrary'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const xml = (value: string): Uint8Array => utf8(`<?xml version='1.0'?><methodResponse><params><param>${value}</param></params></methodResponse>`)
const valueOf = (text: string) => (readResponse(xml(text)) as { result: unknown }).result

// xmlrpc.client.dumps((1, 2.5, True, 'a<b', None, DateTime('20260131T09:15:00'), b'\0\1', [1], {'k': 1e16}), 'm', allow_none=True) of Python 3.11
const DUMPED = "<?xml version='1.0'?>\n<methodCall>\n<methodName>m</methodName>\n<params>\n<param>\n<value><int>1</int></value>\n</param>\n<param>\n"
  + '<value><double>2.5</double></value>\n</param>\n<param>\n<value><boolean>1</boolean></value>\n</param>\n<param>\n<value><string>a&lt;b</string></value>\n'
  + '</param>\n<param>\n<value><nil/></value></param>\n<param>\n<value><dateTime.iso8601>20260131T09:15:00</dateTime.iso8601></value>\n</param>\n<param>\n'
  + '<value><base64>\nAAE=\n</base64></value>\n</param>\n<param>\n<value><array><data>\n<value><int>1</int></value>\n</data></array></value>\n</param>\n<param>\n'
  + '<value><struct>\n<member>\n<name>k</name>\n<value><double>1e+16</double></value>\n</member>\n</struct></value>\n</param>\n</params>\n</methodCall>\n'
const CALL: RpcCall = {
  method: 'm',
  params: [
    { type: 'int', value: 1n }, { type: 'double', value: 2.5 }, { type: 'boolean', value: true }, { type: 'string', value: 'a<b' }, { type: 'nil' },
    { type: 'dateTime', value: '20260131T09:15:00' }, { type: 'base64', value: Uint8Array.of(0, 1) }, { type: 'array', value: [{ type: 'int', value: 1n }] },
    { type: 'struct', value: [{ name: 'k', value: { type: 'double', value: 1e16 } }] },
  ],
}

describe('golden', () => {
  it('writes and reads what Python writes', () => {
    expect(writeCall(CALL)).toBe(DUMPED)
    expect(readCall(utf8(DUMPED))).toEqual(CALL)
  })
  it('reads what others write', () => {
    expect(valueOf('<value>plain &amp; simple</value>')).toEqual({ type: 'string', value: 'plain & simple' })
    expect(valueOf('<value></value>')).toEqual({ type: 'string', value: '' })
    expect(valueOf('<value> <i4> -7 </i4> </value>')).toEqual({ type: 'int', value: -7n })
    expect(valueOf('<value><i8>9223372036854775807</i8></value>')).toEqual({ type: 'int', value: 9_223_372_036_854_775_807n })
    expect(valueOf('<value><string><![CDATA[<b>]]></string></value>')).toEqual({ type: 'string', value: '<b>' })
    expect(readCall(utf8('<methodCall><methodName>a.b</methodName></methodCall>'))).toEqual({ method: 'a.b', params: [] })
    expect(readResponse(utf8(writeFault({ code: 4, message: 'Too many' })))).toEqual({ fault: { code: 4, message: 'Too many' } })
  })
  it('repr of floats as Python prints them', () => {
    const pairs: [number, string][] = [
      [0, '0.0'], [-0, '-0.0'], [2, '2.0'], [0.1, '0.1'], [1e16, '1e+16'], [1e15, '1000000000000000.0'], [123456789.125, '123456789.125'], [1e-4, '0.0001'],
      [1e-5, '1e-05'], [-1.5e300, '-1.5e+300'], [5e-324, '5e-324'], [9007199254740992, '9007199254740992.0'], [1.234e20, '1.234e+20'], [0.00012, '0.00012'],
    ]
    for (const [value, text] of pairs) expect(pythonFloat(value)).toBe(text)
  })
  it('JSON keeps 2 and 2.0 apart', () => {
    expect(pythonRepr(fromJson('[2, 2.0, -1e3, "a\\u0041", true, null, {"k": [1]}, {"$base64": "AAE="}]'))).toBe(
      "[2, 2.0, -1000.0, 'aA', True, None, {'k': [1]}, Binary(b'\\x00\\x01')]")
    expect(paramsFromJson('1, 2')).toEqual(paramsFromJson('[1, 2]'))
    expect(paramsFromJson('[1], [2]').map(pythonRepr)).toEqual(['[1]', '[2]'])
    expect(paramsFromJson('')).toEqual([])
    for (const wrong of ['[1', '01', '{"a" 1}', "'x'", 'x', '1 2', '[1,]', '"a\nb"', '{"$base64": "?"}']) expect(() => paramsFromJson(wrong)).toThrow(RpcError)
  })
})

describe('laws', () => {
  it('what is written is read as it was', () => {
    fc.assert(fc.property(rpcValue, (value) => {
      expect(readResponse(utf8(writeResult(value)))).toEqual({ result: value })
    }), { numRuns: 2000 })
  })
  it('every prefix is an error that explains itself', () => {
    for (let n = 0; n < DUMPED.trimEnd().length; n++) expect(() => readCall(utf8(DUMPED.slice(0, n))), DUMPED.slice(0, n)).toThrow(RpcError)
  })
  it('any text is a call or an RpcError', () => {
    const soup = fc.array(fc.constantFrom('<value>', '</value>', '<int>', '1', '&lt;', '&x;', '<!DOCTYPE a>', '<methodCall>', '</methodCall>', '<methodName>', 'm',
      '</methodName>', '<params>', '<param>', '</param>', '<array><data>', '</data></array>', '<![CDATA[', ']]>', '<?x?>', '\0', '<struct>', '\u{1f600}'), { maxLength: 20 })
    fc.assert(fc.property(fc.oneof(soup.map((parts) => parts.join('')), fc.string({ unit: 'binary' })), (text) => {
      try {
        readCall(utf8(text))
      } catch (error) {
        expect(error).toBeInstanceOf(RpcError)
      }
    }), { numRuns: 20_000 })
  })
  it('100,000 mutated calls: always an answer', { timeout: 120_000 }, () => {
    let state = 12_345
    const next = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return (state >>> 8) % below
    }
    let faults = 0
    const good = utf8(writeCall({ method: 'addtogether', params: CALL.params.slice(0, 2) }))
    for (let n = 0; n < 100_000; n++) {
      const bytes = good.slice(0, next(4) ? good.length : next(good.length))
      for (let k = 1 + next(3); k > 0 && bytes.length > 0; k--) bytes[next(bytes.length)] = next(3) ? 32 + next(95) : next(256)
      const answer = readResponse(utf8(answerCall(bytes)))
      if ('fault' in answer) faults++
    }
    expect(faults).toBeGreaterThan(50_000)
  })
  it('base64', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(toBase64(bytes).replaceAll('\n', '')).toBe(Buffer.from(bytes).toString('base64'))
      expect(fromBase64(toBase64(bytes))).toEqual(bytes)
    }))
    for (const wrong of ['A', 'AA', 'A===', 'A-==', '=AAA']) expect(fromBase64(wrong)).toBeUndefined()
  })
  it('every element of the tree stands where it says', () => {
    const check = (text: string, node: XmlNode): void => {
      expect(text.slice(node.from, node.to)).toMatch(new RegExp(`^<${node.name.replace('.', '\\.')}[\\s\\S]*(</${node.name.replace('.', '\\.')}>|/>)$`))
      if (node.contentTo < node.to) expect(text.slice(node.contentTo, node.to)).toBe(`</${node.name}>`)
      for (const child of node.children) {
        expect(child.from).toBeGreaterThanOrEqual(node.contentFrom)
        expect(child.to).toBeLessThanOrEqual(node.contentTo)
        check(text, child)
      }
    }
    fc.assert(fc.property(rpcValue, (value) => {
      const text = decodeXml(utf8(writeResult(value)))
      check(text, parseXml(text))
    }), { numRuns: 500 })
  })
})

describe('hostile XML is refused', () => {
  const wrap = (value: string) => `<methodCall><methodName>m</methodName><params><param>${value}</param></params></methodCall>`
  const refused = (text: string, limit?: string): void => {
    let thrown: unknown
    try {
      readCall(utf8(text))
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(RpcError)
    if (limit) expect(thrown).toMatchObject({ limit })
    const answer = readResponse(utf8(answerCall(utf8(text))))
    expect('fault' in answer && answer.fault.code).toBeLessThan(0)
  }
  it('entity bombs, external entities, processing instructions', () => {
    const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('')
    refused(`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">${laughs}]>${wrap('<value>&l9;</value>')}`)
    refused(`<!DOCTYPE a SYSTEM "file:///etc/passwd">${wrap('<value>x</value>')}`)
    refused(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${wrap('<value>&x;</value>')}`)
    refused(wrap('<value>&undefined;</value>'))
    refused(`<?php x ?>${wrap('<value>x</value>')}`)
  })
  it('depth, number and size', () => {
    const deep = (n: number) => wrap('<value><array><data>'.repeat(n) + '</data></array></value>'.repeat(n))
    expect(readCall(utf8(deep(RPC_LIMITS.depth))).params).toHaveLength(1)
    refused(deep(RPC_LIMITS.depth + 1), 'depth')
    refused(deep(10_000), 'depth')
    refused(wrap(`<value><array><data>${'<value/>'.repeat(RPC_LIMITS.values + 1)}</data></array></value>`), 'values')
    refused(wrap(`<value>${'x'.repeat(RPC_LIMITS.bytes)}</value>`), 'bytes')
  })
  it('what the specification does not know', () => {
    for (const value of [
      '<value><int>1.5</int></value>', '<value><int></int></value>', '<value><boolean>true</boolean></value>', '<value><double>inf</double></value>',
      '<value><int>1</int><int>2</int></value>', '<value>a<int>1</int></value>', '<value><date>1</date></value>', '<value><struct><name>a</name></struct></value>',
      '<value><array><value/></array></value>', '<value><base64>?</base64></value>', '<value><dateTime.iso8601>now</dateTime.iso8601></value>', '<int>1</int>',
    ]) refused(wrap(value))
    refused('<methodCall><methodName>a b</methodName></methodCall>')
    refused('<methodResponse/>')
    expect(() => readCall(Uint8Array.of(0x3c, 0xff))).toThrow(/no UTF-8/)
  })
})
