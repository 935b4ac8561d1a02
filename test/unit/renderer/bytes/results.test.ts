/** What the Bytes page shows. */
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
import { usePayloadStore } from '../../../../src/renderer/stores/payload'

beforeEach(() => { setActivePinia(createPinia()) })

function show(tab: Component): VueWrapper {
  const i18n = createI18n({ legacy: false, locale: 'en', messages: { en: { bytes, hex } } as never })
  return mount(() => h(TooltipProvider, () => h(tab)), { global: { plugins: [i18n], stubs: { RouterLink: true } } })
}
const cells = (view: VueWrapper, label: string): string => view.findAll(`ol[aria-label="${label}"] .hex`).map((cell) => cell.text()).join(' ')

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
