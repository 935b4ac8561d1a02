import { mount } from '@vue/test-utils'
import { createI18n } from 'vue-i18n'
import { describe, expect, it } from 'vitest'
import type { NetInterface } from '../../../../src/shared/contract/contract'
import { newHistory, record } from '../../../../src/shared/projections/history'
import type { LabState, SockModel } from '../../../../src/shared/projections/model'
import type { SockAddr, TcpState } from '../../../../src/shared/trace/events'
import AddressRow from '../../../../src/renderer/features/addresses/AddressRow.vue'
import ReachPicture from '../../../../src/renderer/features/addresses/ReachPicture.vue'
import { bindings, listeningAt, pythonOf } from '../../../../src/renderer/features/addresses/bindings'

const files = import.meta.glob('../../../../src/renderer/i18n/locales/*/{addresses,address}.json', { eager: true, import: 'default' })
const LOCALES = ['en', 'ja', 'ko'] as const

function words(locale: string, missing: string[]) {
  const messages: Record<string, Record<string, unknown>> = {}
  for (const [path, content] of Object.entries(files)) {
    const [, language, namespace] = /locales\/(\w+)\/(\w+)\.json$/.exec(path)!
    ;(messages[language!] ??= {})[namespace!] = content
  }
  return createI18n({ legacy: false, locale, messages: messages as Record<string, never>, missing: (_, key) => { missing.push(key) } })
}

const machine: NetInterface[] = [
  { name: 'lo', index: 1, up: true, loopback: true, addresses: [
    { family: 'inet', address: '127.0.0.1', prefix: 8, netmask: '255.0.0.0', scope: 'loopback' }, { family: 'inet6', address: '::1', prefix: 128, scope: 'loopback' }] },
  { name: 'eth0', index: 2, up: true, running: true, loopback: false, mtu: 1500, mac: '02:00:00:00:00:07', addresses: [
    { family: 'inet', address: '192.168.10.77', prefix: 26, netmask: '255.255.255.192', broadcast: '192.168.10.127', scope: 'private' },
    { family: 'inet6', address: 'fe80::7', prefix: 64, scope: 'link-local', scopeId: 2 }] },
  { name: 'wlan0', index: 3, up: false, loopback: false, addresses: [{ family: 'inet', address: '10.0.0.7', prefix: 8, scope: 'private' }] },
]

describe('bindings', () => {
  it('offers loopback, all addresses and each one that is up', () => {
    expect(bindings(machine).map((b) => `${b.kind} ${b.host}`)).toEqual([
      'loopback4 127.0.0.1', 'loopback6 ::1', 'any4 0.0.0.0', 'any6 ::', 'any6only ::', 'one 192.168.10.77', 'link fe80::7'])
    expect(new Set(bindings(machine).map((b) => b.id)).size).toBe(7)
  })
  it('writes the Python of each', () => {
    const at = (kind: string) => pythonOf(bindings(machine).find((b) => b.kind === kind)!)
    expect(at('any4')).toEqual(['s = socket.socket(AF_INET, SOCK_STREAM)', "s.bind(('0.0.0.0', 9999))", 's.listen(5)'])
    expect(at('any6only')).toContain('s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)')
    expect(at('any6')).toContain('s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)')
    expect(at('link')).toContain("s.bind(('fe80::7', 9999, 0, 2))")
  })
})

describe('listening sockets at a moment', () => {
  const sock = (id: number, local: SockAddr, state: TcpState, at: number): SockModel => {
    const model: SockModel = { sock: id, fd: id, family: local.family, type: 'stream', run: 1, seq: at, t: at, origin: { by: 'socket' },
      local: newHistory(), remote: newHistory(), facts: newHistory(), state: newHistory(), options: newHistory() }
    record(model.local, at + 1, at, local)
    record(model.state, at + 2, at, { state, evidence: 'kernel' })
    return model
  }
  const any = sock(1, { family: 'inet6', host: '::', port: 8080 }, 'LISTEN', 10)
  record(any.options, 11, 0, { name: 'IPV6_V6ONLY', value: 1 })
  const closed = sock(2, { family: 'inet', host: '127.0.0.1', port: 9999 }, 'LISTEN', 20)
  closed.closed = { seq: 30, t: 0, how: 'close' }
  const models = [any, closed, sock(3, { family: 'unix', path: '/x' }, 'LISTEN', 1), sock(4, { family: 'inet', host: '127.0.0.1', port: 1 }, 'ESTABLISHED', 1)]
  const lab = { sockets: new Map(models.map((m) => [m.sock, m])), calls: { runs: new Map([[1, { program: 'tcp-server' }]]) } } as unknown as LabState
  it.each([[5, []], [12, ['any6only :: 8080']], [25, ['any6only :: 8080', 'loopback4 127.0.0.1 9999']], [30, ['any6only :: 8080']]])('at %d', (cursor, expected) => {
    expect(listeningAt(lab, cursor, false).map((b) => `${b.kind} ${b.host} ${b.port}`)).toEqual(expected)
  })
})

describe.each(LOCALES)('in %s', (locale) => {
  it('draws every binding without a missing word', () => {
    const missing: string[] = []
    const global = { plugins: [words(locale, missing)] }
    for (const bound of bindings(machine)) for (const scope of ['computer', 'lab'] as const) {
      const view = mount(ReachPicture, { props: { bound, interfaces: machine, scope }, global })
      expect(view.findAll('tbody tr')).toHaveLength(5)
      expect(view.text()).toContain(pythonOf(bound).at(-2))
    }
    expect(missing).toEqual([])
  })
  it('explains an address of every class without a missing word', async () => {
    const missing: string[] = []
    for (const scope of ['loopback', 'link-local', 'private', 'unique-local', 'global', 'multicast', 'unspecified', 'broadcast', 'documentation', 'shared', 'reserved'] as const) {
      const view = mount(AddressRow, { props: { address: { ...machine[1]!.addresses[0]!, scope }, net: 'eth0' }, global: { plugins: [words(locale, missing)] } })
      await view.get('button[aria-expanded]').trigger('click')
      expect(view.text()).toContain('192.168.10.64/26')
    }
    expect(missing).toEqual([])
  })
})

describe('the picture', () => {
  const show = (kind: string) => {
    const bound = bindings(machine).find((b) => b.kind === kind)!
    const view = mount(ReachPicture, { props: { bound, interfaces: machine, scope: 'computer' }, global: { plugins: [words('en', [])] } })
    return view.findAll('tbody tr').map((row) => [row.get('th .mono').text(), row.classes('shut'), row.findAll('li').map((li) => li.classes('open'))])
  }
  it('draws a line from each caller that can come in', () => {
    expect(show('any4')).toEqual([
      ['127.0.0.1:9999', false, [true, false]], ['[::1]:9999', true, [false, false]], ['192.168.10.77:9999', false, [true, true]],
      ['[fe80::7%eth0]:9999', true, [false, false]], ['10.0.0.7:9999', true, [false, false]]])
    expect(show('loopback6').filter(([, shut]) => !shut)).toEqual([['[::1]:9999', false, [true, false]]])
  })
})

it('shows network and host bits apart, on demand', async () => {
  const view = mount(AddressRow, { props: { address: machine[1]!.addresses[0]!, net: 'eth0' }, global: { plugins: [words('en', [])] } })
  expect(view.find('.bit-row').exists()).toBe(false)
  await view.get('button[aria-expanded="false"]').trigger('click')
  const rows = view.findAll('.bit-row')
  expect(rows).toHaveLength(4)
  const part = (row: number, kind: string) => rows[row]!.findAll(`.${kind}`).map((e) => e.text()).join('')
  expect([part(0, 'network'), part(0, 'host')]).toEqual(['11000000101010000000101001', '001101'])
  expect([part(1, 'network'), part(1, 'host')]).toEqual(['1'.repeat(26), '000000'])
  expect(part(3, 'host')).toBe('111111')
  expect(view.text()).toContain('62 addresses for hosts')
})
