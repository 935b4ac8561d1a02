/** The control of the capture: on and off at once where one may, else the one line that says how to allow it. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, reactive } from 'vue'
import { createI18n } from 'vue-i18n'
import type { CaptureStatus, RunningCapture } from '../../../src/shared/contract/contract'
import { fail, ok } from '../../../src/shared/result'

const request = vi.fn()
const lab = reactive({
  link: 'connected', scope: 'computer', live: true, version: 0, status: { capture: undefined as RunningCapture | undefined }, viewing: { session: 's', startedAt: '2026-01-31T09:15:00Z' },
  hello: { live: { session: 's' } }, request, lab: () => ({ captures: [] as unknown[] }),
})
vi.mock('../../../src/renderer/stores/lab', () => ({ useLabStore: () => lab }))
const { default: CaptureControl } = await import('../../../src/renderer/shell/CaptureControl.vue')

const files = import.meta.glob('../../../src/renderer/i18n/locales/en/*.json', { eager: true, import: 'default' })
const missing: string[] = []
const messages = Object.fromEntries(Object.entries(files).map(([path, texts]) => [/([\w-]+)\.json$/.exec(path)![1]!, texts]))
const words = () => createI18n({
  legacy: false, locale: 'en', messages: { en: messages } as never, missing: (_, key) => { missing.push(key) }, numberFormats: { en: {} },
})

const INTERFACES: CaptureStatus['interfaces'] = [{ name: 'lo', loopback: true, allowed: true }, { name: 'eth0', loopback: false, allowed: false }]
const RUNNING: RunningCapture = { interface: 'lo', tool: 'tcpdump 4.99.3', since: 0, until: 'stop', packets: 12, bytes: 800, leftOut: { others: 7, ration: 0, kernel: 0, unread: 0 } }
const may: CaptureStatus = { available: true, tool: { name: 'tcpdump', path: '/usr/bin/tcpdump', version: '4.99.3' }, interfaces: INTERFACES }
const mayNot = (tool: string): CaptureStatus => ({
  available: false, interfaces: INTERFACES, problem: { code: 'NO_RIGHT', message: 'x', detail: { platform: 'linux', tool, path: '/usr/bin/tcpdump', user: 'student' } },
})

let view: VueWrapper
const show = () => (view = mount(CaptureControl, { attachTo: document.body, global: { plugins: [words()] } }))
const button = () => view.find('button.toggle')
const page = () => document.body.textContent ?? ''
const asked = () => request.mock.calls.map(([method]) => method as string)

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
  request.mockReset()
  missing.length = 0
  lab.status = { capture: undefined }
  lab.live = true
})
afterEach(() => { view.unmount() })

describe('the capture control', () => {
  it('asks nothing of the engine until the person does', async () => {
    show()
    await flushPromises()
    expect(asked()).toEqual([])
  })
  it('begins at once where one may, without the port of the page itself, and ends', async () => {
    request.mockImplementation((method: string) => Promise.resolve(ok(method === 'capture.start' ? { ...may, running: RUNNING } : may)))
    show()
    await button().trigger('click')
    await flushPromises()
    expect(asked()).toEqual(['capture.status', 'capture.start'])
    expect(request.mock.calls[1]![1]).toMatchObject({ until: 'stop' })
    expect((request.mock.calls[1]![1] as { interface?: string }).interface).toBeUndefined()
    expect(button().attributes('aria-pressed')).toBe('true')
    expect(button().text()).toContain('12')
    await button().trigger('click')
    await flushPromises()
    expect(asked().at(-1)).toBe('capture.stop')
    expect(button().attributes('aria-pressed')).toBe('false')
    expect(missing).toEqual([])
  })
  it.each([['tcpdump', 'setcap cap_net_raw,cap_net_admin=eip /usr/bin/tcpdump'], ['dumpcap', 'usermod -aG wireshark student']])('where one may not, it says how %s is allowed', async (tool, command) => {
    request.mockImplementation(() => Promise.resolve(ok(mayNot(tool))))
    show()
    await button().trigger('click')
    await flushPromises()
    await nextTick()
    expect(asked()).not.toContain('capture.start')
    expect(page()).toContain('This user may not capture.')
    expect(page()).toContain(command)
    expect(missing).toEqual([])
  })
  it('tells what was left out, and says why it could not begin', async () => {
    lab.status = { capture: RUNNING }
    request.mockImplementation(() => Promise.resolve(ok({ ...may, running: RUNNING })))
    show()
    await view.find('button.more').trigger('click')
    await flushPromises()
    expect(page()).toContain('7 of other programs on this machine')
    expect(page()).not.toContain('too many at once')
    // it ended by itself, and cannot begin again
    lab.status = { capture: undefined }
    request.mockImplementation((method: string) => Promise.resolve(method === 'capture.start' ? fail({ code: 'UNAVAILABLE', message: 'tcpdump could not capture: no such device' }) : ok(may)))
    await button().trigger('click')
    await flushPromises()
    expect(page()).toContain('UNAVAILABLE')
  })
  it('a stored session is not captured into', () => {
    lab.live = false
    show()
    expect(button().attributes('disabled')).toBeDefined()
  })
})
