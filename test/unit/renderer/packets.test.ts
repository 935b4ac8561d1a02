/** The stack: what is drawn of a frame and, without one, of what calls and the kernel told; one selection for all of it. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { markRaw } from 'vue'
import { createI18n } from 'vue-i18n'
import { TooltipProvider } from 'reka-ui'
import type { NetInterface } from '../../../src/shared/contract/contract'
import { decodeFrame } from '../../../src/shared/packets/decode'
import type { Field, Frame } from '../../../src/shared/packets/model'
import type { ConnectionModel, Segment } from '../../../src/shared/projections/model'
import { bitPattern, rowAt, rowsOfFrame } from '../../../src/renderer/packets/field-rows'
import { cellsGuessed, cellsOfFrame, rowOf } from '../../../src/renderer/packets/stack-cells'
import { stackFacts } from '../../../src/renderer/packets/stack-facts'
import { frameBytes, goldenFrames as golden } from '../../lib/packets'
import Stack from '../../../src/renderer/packets/Stack.vue'

function frameOf(name: string): Frame {
  const one = golden.find((frame) => frame.name === name)!
  return decodeFrame(frameBytes(one), one.linkType, one.length)
}
const files = import.meta.glob('../../../src/renderer/i18n/locales/*/*.json', { eager: true, import: 'default' })
const missing: string[] = []
function words(locale: string) {
  const messages: Record<string, Record<string, unknown>> = {}
  for (const [path, content] of Object.entries(files)) {
    const [, language, namespace] = /locales\/(\w+)\/([\w-]+)\.json$/.exec(path)!
    ;(messages[language!] ??= {})[namespace!] = content
  }
  return createI18n({ legacy: false, locale, messages: messages as Record<string, never>, missing: (_, key) => { missing.push(key) } })
}

const segment = (more: Partial<Segment> = {}): Segment => ({ id: 3, seq: 10, t: 1000, from: 'a', flags: 'PSH,ACK', len: 5, offset: 0, count: 1, fate: 'arrived', evidence: 'captured', ...more })
const history = () => ({ seq: [], t: [], value: [] })
function connection(more: Partial<ConnectionModel> = {}): ConnectionModel {
  const end = (side: 'a' | 'b', port: number) => ({ side, addr: { family: 'inet' as const, host: '127.0.0.1', port }, states: [], facts: history() })
  return {
    id: 0, family: 'inet', type: 'stream', seq: 0, t: 0, a: end('a', 35028), b: end('b', 9999), segments: [segment()],
    streams: { a: { sends: [], recvs: [] }, b: { sends: [], recvs: [] } }, outcome: history(), calls: [], ...more,
  }
}
const LO: NetInterface = { name: 'lo', index: 1, up: true, loopback: true, mtu: 65536, addresses: [{ family: 'inet', address: '127.0.0.1', prefix: 8, scope: 'loopback' }] }
const ETH: NetInterface = { name: 'eth0', index: 2, up: true, loopback: false, mtu: 1500, mac: '02:00:00:00:00:01', addresses: [{ family: 'inet', address: '192.0.2.1', prefix: 24, scope: 'documentation' }] }
const factsOf = (c: ConnectionModel, s: Segment | undefined, interfaces: NetInterface[] | undefined = [LO, ETH]) =>
  stackFacts({ connection: c, segment: s, cursor: Infinity, interfaces, programs: { a: 'tcp-client · main' }, call: 'send(5) = 5', preview: 'hello' })

describe('the boxes', () => {
  it('of a frame: each layer wraps the one above', () => {
    const cells = cellsOfFrame(frameOf('lo4 3'))
    expect(cells.map((cell) => [cell.kind, cell.least])).toEqual([['ethernet', 14], ['ipv4', 20], ['tcp', 32], ['data', 5]])
    expect(['application', 'transport', 'internet', 'link'].map((tier) => rowOf(cells, tier as 'link'))).toEqual([
      { first: 3, last: 3 }, { first: 2, last: 3 }, { first: 1, last: 3 }, { first: 0, last: 3 },
    ])
  })
  it('padding belongs to the frame alone; a packet that ICMP quotes is one box', () => {
    const padded = cellsOfFrame(frameOf('craft 4'))
    expect(padded.at(-1)?.kind).toBe('padding')
    expect(rowOf(padded, 'internet')?.last).toBe(padded.length - 2)
    const error = cellsOfFrame(frameOf('lo4 15'))
    expect(error.map((cell) => cell.kind)).toEqual(['ethernet', 'ipv4', 'icmp', 'quoted'])
    expect(error.at(-1)?.least).toBe(35)
  })
  it('without a frame only what is known has a size', () => {
    const cells = cellsGuessed(connection(), segment({ evidence: 'inferred' }), false)
    expect(cells.map((cell) => [cell.kind, cell.least, cell.most, cell.known])).toEqual([
      ['linkHeader', 0, 0, false], ['ipv4', 20, 60, false], ['tcp', 20, 60, false], ['data', 5, 5, true],
    ])
    expect(cellsGuessed(connection(), segment({ len: 0 }), true).map((cell) => cell.kind)).toEqual(['ethernet', 'ipv4', 'tcp'])
    expect(cellsGuessed(connection({ family: 'unix' }), segment(), false).map((cell) => cell.kind)).toEqual(['data'])
  })
})

describe('the facts', () => {
  const of = (tier: string, facts: ReturnType<typeof stackFacts>) => facts.find((one) => one.tier === tier)!
  it('say what is told and by whom, and name what is not', () => {
    const facts = factsOf(connection(), segment({ evidence: 'inferred' }))
    expect(of('application', facts).facts).toEqual([
      { key: 'program', side: 'a', evidence: 'kernel', value: 'tcp-client · main', hint: undefined },
      { key: 'program', side: 'b', evidence: 'kernel', value: '', hint: 'otherProgram' },
      { key: 'call', side: 'a', value: 'send(5) = 5', evidence: 'kernel' },
      { key: 'bytes', side: 'a', value: '5: hello', evidence: 'kernel' },
    ])
    expect(of('transport', facts).facts.find((fact) => fact.key === 'flags')).toMatchObject({ value: 'PSH,ACK', evidence: 'inferred' })
    expect(of('transport', facts).hidden).toContain('tcp.seq')
    expect(of('internet', facts).facts.find((fact) => fact.key === 'src')?.hint).toBe('scope.loopback')
    expect(of('link', facts).facts.map((fact) => [fact.key, fact.value])).toEqual([['interface', 'lo'], ['mtu', '65536'], ['mac', '-']])
  })
  it("a stored session does not know this machine's interfaces, and another machine's link is not known", () => {
    expect(of('link', stackFacts({ connection: connection(), segment: segment(), cursor: Infinity, interfaces: undefined, programs: {}, call: undefined, preview: undefined })).note).toBe('linkNotRecorded')
    const away = connection()
    away.a = { ...away.a, addr: { family: 'inet', host: '192.0.2.1', port: 4000 } }
    away.b = { ...away.b, addr: { family: 'inet', host: '192.0.2.9', port: 80 } }
    expect(of('link', factsOf(away, segment())).facts.map((fact) => [fact.key, fact.side, fact.value, fact.hint])).toEqual([
      ['interface', 'a', 'eth0', undefined], ['mtu', 'a', '1500', undefined], ['mac', 'a', '02:00:00:00:00:01', undefined], ['interface', 'b', '', 'notHere'],
    ])
  })
  it('a Unix socket has no network below it', () => {
    const unix = factsOf(connection({ family: 'unix' }), segment())
    expect(unix.map((one) => [one.tier, one.facts.length > 0, one.note])).toEqual([
      ['application', true, undefined], ['transport', false, 'noNetwork'], ['internet', false, undefined], ['link', false, undefined],
    ])
  })
})

describe('the fields', () => {
  it('a byte belongs to the smallest field that covers it', () => {
    const rows = rowsOfFrame(frameOf('lo4 0'))
    expect(rowAt(rows, 38)?.field.key).toBe('tcp.seq')
    expect(rowAt(rows, 0)?.field.key).toBe('ethernet.dst')
    expect(rows.map(({ layer }) => layer.kind)).toEqual(['tcp', 'ipv4', 'ethernet'])
  })
  it('bits are shown where they stand', () => {
    const field = (at: number, len: number, value: number): Field => ({ key: 'x', value, from: 0, to: 1, bits: { at, len } })
    expect(bitPattern(field(0, 4, 8))).toBe('1000 ....')
    expect(bitPattern(field(3, 1, 1))).toBe('...1 ....')
    expect(bitPattern({ ...field(3, 13, 0), to: 2 })).toBe('...0 0000 0000 0000')
  })
  it.each(['en', 'ja', 'ko'])('every name, meaning, problem and checksum of the real frames has its words: %s', (locale) => {
    const { t } = words(locale).global
    missing.length = 0
    for (const { name } of golden) {
      for (const layer of frameOf(name).layers) {
        t(`stack.layer.${layer.kind}`)
        layer.problems.forEach((problem) => t(`stack.problem.${problem.key}`, problem.params ?? {}))
        if (layer.checksum) t(`stack.checksum.${layer.checksum.state}`, { computed: '' })
        for (const field of layer.fields.flatMap((one) => [one, ...(one.fields ?? [])])) {
          t(`stack.field.${field.key}`)
          if (field.meaning) t(`stack.meaning.${field.meaning.key}`, field.meaning.params ?? {})
        }
      }
    }
    expect([...new Set(missing)]).toEqual([])
  })
})

describe('the view', () => {
  let wrapper: VueWrapper | undefined
  beforeEach(() => {
    missing.length = 0
    Element.prototype.scrollIntoView = vi.fn()
  })
  afterEach(() => { wrapper?.unmount() })
  const show = (props: Record<string, unknown>) => {
    const c = connection()
    const all = {
      connection: markRaw(c), segment: markRaw(segment()), facts: factsOf(c, segment()), ethernet: false, extras: { 'tcp.seq': 'relative: 1' }, place: { n: 2, of: 3 },
      following: false, canCapture: true, ...props,
    }
    wrapper = mount({ components: { Stack, TooltipProvider }, data: () => ({ all }), template: '<TooltipProvider><Stack v-bind="all" @step="$emit(\'step\', $event)" @capture="$emit(\'capture\')" /></TooltipProvider>' }, { attachTo: document.body, global: { plugins: [words('en')] } })
    return wrapper
  }
  const stack = (view: VueWrapper) => view.findComponent(Stack)

  it('draws the header fields of a captured packet; box, field and bytes are one selection', async () => {
    const view = show({ frame: markRaw(frameOf('lo4 3')) })
    const seq = view.findAll('[data-field]').find((row) => row.text().startsWith('Sequence number'))!
    expect(seq.text()).toContain('relative: 1')
    await seq.trigger('click')
    expect(seq.attributes('aria-pressed')).toBe('true')
    expect(stack(view).findComponent({ name: 'HexView' }).props('selection')).toEqual({ from: 38, to: 42 })
    // a byte leads to its field
    stack(view).findComponent({ name: 'HexView' }).vm.$emit('update:selection', { from: 23, to: 24 })
    await flushPromises()
    expect(view.find('[data-field][aria-pressed=true]').text()).toContain('Protocol')
    // a box to its header
    await view.findAll('.figure .own').find((box) => box.text().startsWith('TCP'))!.trigger('click')
    expect(stack(view).findComponent({ name: 'HexView' }).props('selection')).toEqual({ from: 34, to: 66 })
    expect(view.findAll('.figure .own').find((box) => box.text().startsWith('TCP'))!.attributes('aria-pressed')).toBe('true')
    expect(missing).toEqual([])
  })
  it('goes through the fields by keyboard, with one stop for the tab key', async () => {
    const view = show({ frame: markRaw(frameOf('lo4 3')) })
    const rows = () => view.findAll('[data-field]')
    expect(rows().filter((row) => row.attributes('tabindex') === '0')).toHaveLength(1)
    ;(rows()[1]!.element as HTMLElement).focus()
    await rows()[1]!.trigger('keydown', { key: 'ArrowDown' })
    expect(document.activeElement).toBe(rows()[2]!.element)
    expect(rows()[2]!.attributes('aria-pressed')).toBe('true')
    await rows()[2]!.trigger('keydown', { key: 'Home' })
    expect(rows()[0]!.attributes('aria-pressed')).toBe('true')
    expect(rows().filter((row) => row.attributes('tabindex') === '0')).toHaveLength(1)
  })
  it('without a packet: the facts with their evidence, and the way to real ones', async () => {
    const view = show({ frame: undefined })
    expect(view.text()).toContain('tcp-client · main')
    expect(view.findAll('.facts .evidence').map((one) => one.text())).toContain('captured')
    await view.findAll('button').find((button) => button.text() === 'Capture real packets')!.trigger('click')
    expect(stack(view).emitted('capture')).toHaveLength(1)
    expect(view.find('[data-field]').exists()).toBe(false)
    expect(missing).toEqual([])
  })
  it('says that bytes were not kept, and steps from segment to segment', async () => {
    const view = show({ frame: 'gone' })
    expect(view.find('[role=status]').text()).toContain('not kept')
    await view.find('button[aria-label="Previous segment"]').trigger('click')
    await view.find('button[aria-label="Next segment"]').trigger('click')
    await view.findAll('button').find((button) => button.text() === 'Newest')!.trigger('click')
    expect(stack(view).emitted('step')).toEqual([[-1], [1], ['newest']])
  })
})
