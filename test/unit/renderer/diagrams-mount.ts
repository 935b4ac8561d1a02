/** Mounts a diagram with the real English words (or another language's). */
import { mount } from '@vue/test-utils'
import { markRaw, nextTick, type Component } from 'vue'
import { createI18n } from 'vue-i18n'

const files = import.meta.glob('../../../src/renderer/i18n/locales/*/{ladder,states,threads,queues}.json', { eager: true, import: 'default' })

export const missing: string[] = []

export function words(locale: string) {
  const messages: Record<string, Record<string, unknown>> = {}
  for (const [path, content] of Object.entries(files)) {
    const [, language, namespace] = /locales\/(\w+)\/(\w+)\.json$/.exec(path)!
    ;(messages[language!] ??= {})[namespace!] = content
  }
  return createI18n({ legacy: false, locale, messages: messages as Record<string, never>, missing: (_, key) => { missing.push(key) } })
}

/** Models are plain data, never deeply reactive: as the app hands them over. */
const plain = (props: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(props).map(([name, value]) => [name, typeof value === 'object' && value !== null ? markRaw(value) : value]))

/** As it is once it knows its size, a frame after it was mounted. */
export async function show(view: Component, props: Record<string, unknown>, locale = 'en') {
  const wrapper = mount(view, { props: plain(props), attachTo: document.body, global: { plugins: [words(locale)] } })
  await new Promise(requestAnimationFrame)
  await nextTick()
  return wrapper
}
