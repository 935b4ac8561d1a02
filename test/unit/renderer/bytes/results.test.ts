/** What the Bytes page shows, and whether python3 would print the lines beside it. */
import { spawnSync } from 'node:child_process'
import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { h, nextTick, type Component } from 'vue'
import { createI18n } from 'vue-i18n'
import { TooltipProvider } from 'reka-ui'
import bytes from '../../../../src/renderer/i18n/locales/en/bytes.json'
import hex from '../../../../src/renderer/i18n/locales/en/hex.json'
import { useBytesStore } from '../../../../src/renderer/features/bytes/bytes-store'
import JsonTab from '../../../../src/renderer/features/bytes/JsonTab.vue'
import StructTab from '../../../../src/renderer/features/bytes/StructTab.vue'
import TextTab from '../../../../src/renderer/features/bytes/TextTab.vue'
import { assignment, pythonOf } from '../../../../src/renderer/features/bytes/text-result'
import { usePayloadStore } from '../../../../src/renderer/stores/payload'

beforeEach(() => { setActivePinia(createPinia()) })

function show(tab: Component): VueWrapper {
  const i18n = createI18n({ legacy: false, locale: 'en', messages: { en: { bytes, hex } } as never })
  return mount(() => h(TooltipProvider, () => h(tab)), { global: { plugins: [i18n], stubs: { RouterLink: true } } })
}
const cells = (view: VueWrapper, label: string): string => view.findAll(`ol[aria-label="${label}"] .hex`).map((cell) => cell.text()).join(' ')

/** What an interactive python3 answers to the lines, one after another. */
function session(lines: { code: string }[]): string[] {
  const program = `
import sys, json, struct, zlib
names, out = {}, []
for code in json.load(sys.stdin):
    try:
        try: value = eval(code, names)
        except SyntaxError:
            exec(code, names)
            out.append('')
        else: out.append(repr(value))
    except Exception as e: out.append(type(e).__name__ + ': ' + str(e))
json.dump(out, sys.stdout)`
  const run = spawnSync('python3', ['-c', program], { input: JSON.stringify(lines.map((line) => line.code)), encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout) as string[]
}

describe('the lines of Python', () => {
  it('are answered by python3 as they are here', () => {
    const data = Uint8Array.of(0x48, 0x69, 0xff)
    const lines = [
      ...pythonOf('encode', 'utf-8', '한글 😀'), ...pythonOf('encode', 'cp949', 'a😀'), ...pythonOf('decode', 'utf-8', data),
      ...pythonOf('decode', 'latin-1', data), ...pythonOf('encode', 'utf-16', 'A'), ...pythonOf('encode', 'ascii', 'é é'),
      ...[[0, 74], [-1, 0], [3, 0], [0, 256], [0, -1]].flatMap(([index, value]) => assignment(data, index!, value!)),
    ]
    expect(lines.map((line) => ('result' in line && line.result) || '')).toEqual(session(lines))
  })
})

describe('the page', () => {
  it('lights the bytes of the character that has the focus', async () => {
    const view = show(TextTab)
    await view.get('button[aria-label="한: bytes ed 95 9c"]').trigger('focus')
    expect(view.findAll('ol[aria-label="Bytes"] .lit .hex').map((cell) => cell.text())).toEqual(['ed', '95', '9c'])
  })

  it('locates the byte that is no character', async () => {
    const form = useBytesStore().text
    form.way = 'decode'
    form.hex = '41 ff 42'
    const view = show(TextTab)
    expect(view.get('[role=alert]').text()).toBe('The byte at offset 1 is no character of utf-8.')
    expect(view.findAll('ol[aria-label="Bytes"] .bad .hex').map((cell) => cell.text())).toEqual(['ff'])
    expect(view.text()).toContain("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 1: invalid start byte")
    form.encoding = 'latin-1'
    await nextTick()
    expect(view.find('[role=alert]').exists()).toBe(false)
  })

  it('has 1234 in both byte orders, and offers either as payload', async () => {
    const view = show(StructTab)
    expect(cells(view, 'Bytes of <i')).toBe('d2 04 00 00')
    expect(cells(view, 'Bytes of !i')).toBe('00 00 04 d2')
    await view.findAll('button').filter((button) => button.text() === 'Use as payload')[1]!.trigger('click')
    expect(usePayloadStore().bytes).toEqual(Uint8Array.of(0, 0, 4, 0xd2))
  })

  it('says where the value stands that JSON has no word for', () => {
    useBytesStore().json.source = "{'a': [1, b'x']}"
    const view = show(JsonTab)
    expect(view.get('[role=alert]').text()).toContain('TypeError: Object of type bytes is not JSON serializable')
    expect(view.get('mark').text()).toBe("b'x'")
    expect(view.text()).toContain('value["a"][1]')
  })
})
