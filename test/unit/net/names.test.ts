/** Questions and answers of the resolver as Python writes them; the constants' names. */
import { expect, it } from 'vitest'
import { constantName, constantNumber, SOCKET_CONSTANTS } from '../../../src/shared/net/constants'
import { pythonHost, pythonHostAnswer, pythonLookup, pythonRows, pythonStr } from '../../../src/shared/net/names'

it('writes the call with only the arguments that are not the default', () => {
  expect(pythonLookup({ host: 'localhost', service: '80', family: 'unspec', type: 'any', flags: [] })).toBe("socket.getaddrinfo('localhost', 80)")
  expect(pythonLookup({ host: null, service: null, family: 'unspec', type: 'any', flags: [] })).toBe('socket.getaddrinfo(None, None)')
  expect(pythonLookup({ host: null, service: 'http', family: 'inet6', type: 'stream', flags: ['AI_PASSIVE', 'AI_CANONNAME'] }))
    .toBe("socket.getaddrinfo(None, 'http', family=socket.AF_INET6, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_CANONNAME)")
  expect(pythonHost({ call: 'getfqdn', name: '' })).toBe('socket.getfqdn()')
  expect(pythonHost({ call: 'gethostbyaddr', name: '::1' })).toBe("socket.gethostbyaddr('::1')")
})

it('writes rows with the numbers of the platform', () => {
  const row = { type: 1, protocol: 6, canonname: '', address: { family: 'inet6' as const, host: '::1', port: 80 } }
  expect(pythonRows([{ ...row, family: 10 }], 'linux')).toBe("[(<AddressFamily.AF_INET6: 10>, <SocketKind.SOCK_STREAM: 1>, 6, '', ('::1', 80, 0, 0))]")
  expect(pythonRows([{ ...row, family: 23 }], 'win32')).toContain('<AddressFamily.AF_INET6: 23>')
  expect(pythonRows([{ ...row, family: 99 }], 'linux')).toContain('(99, ')
  expect(pythonRows([], 'linux')).toBe('[]')
})

it('quotes as repr() does', () => {
  expect(['plain', "it's", 'a"b\'c', 'tab\t', 'back\\'].map(pythonStr)).toEqual(["'plain'", '"it\'s"', "'a\"b\\'c'", "'tab\\t'", "'back\\\\'"])
  expect(pythonHostAnswer({ name: 'h', aliases: ['a'], addresses: [] })).toBe("('h', ['a'], [])")
})

it('every constant has one number a system, and every number one name in its group', () => {
  for (const system of ['linux', 'darwin', 'win32'] as const) {
    for (const constant of SOCKET_CONSTANTS) {
      const number = constant[system]
      expect(constantNumber(constant.name, system)).toBe(number ?? undefined)
      if (number !== null) expect(constantName(constant.group, number, system)).toBe(constant.name)
    }
  }
})
