/** Mounts a component as the app does: with all messages of a language, and with a size, which happy-dom has not. */
import { mount, type VueWrapper } from '@vue/test-utils'
import { TooltipProvider } from 'reka-ui'
import { defineComponent, h, type Component } from 'vue'
import { createI18n } from 'vue-i18n'

const files = import.meta.glob<Record<string, unknown>>('../../../../src/renderer/i18n/locales/*/*.json', {
  eager: true,
  import: 'default',
})

export function messages(language: string): Record<string, never> {
  const found: Record<string, unknown> = {}
  for (const [path, content] of Object.entries(files)) {
    const [, lang, namespace] = /(\w+)\/([\w-]+)\.json$/.exec(path) ?? []
    if (lang === language && namespace) found[namespace] = content
  }
  return found as Record<string, never>
}

/** Every element is this large, px. */
export function giveSize(width: number, height: number): void {
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, get: () => width })
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => height })
  Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, get: () => width })
  Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { configurable: true, get: () => height })
}

export interface Mounted {
  wrapper: VueWrapper
  /** what was emitted, newest last */
  emitted: (name: string) => unknown[]
  set: (props: Record<string, unknown>) => Promise<void>
}

export function mountView(
  component: Component,
  props: Record<string, unknown>,
  slots: Record<string, (p: never) => unknown> = {},
): Mounted {
  const Host = defineComponent({
    inheritAttrs: false,
    setup:
      (_, { attrs }) =>
      () =>
        h(TooltipProvider, () => h(component, attrs, slots)),
  })
  const i18n = createI18n({ legacy: false, locale: 'en', messages: { en: messages('en') }, missingWarn: true })
  const wrapper = mount(Host, { attrs: props, attachTo: document.body, global: { plugins: [i18n] } })
  return {
    wrapper,
    emitted: (name) => (wrapper.findComponent(component).emitted(name) ?? []).map((args) => (args as unknown[])[0]),
    set: async (next) => {
      await wrapper.setProps(next as never)
    },
  }
}
