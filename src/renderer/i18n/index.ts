/**
 * Three languages. Each is one chunk (its namespaces merged), and only the chosen one is loaded. vue-i18n 11 interprets
 * messages as an AST, so nothing here needs eval under the content policy.
 */
import { createI18n } from 'vue-i18n'
import type { Catalogue } from '../../shared/explain/explain'

export const LANGUAGES = [
  { id: 'en', name: 'English' },
  { id: 'ja', name: '日本語' },
  { id: 'ko', name: '한국어' },
] as const
export type Language = (typeof LANGUAGES)[number]['id']

export interface LanguagePack {
  messages: Record<string, unknown>
  explain: Catalogue
}

const load: Record<Language, () => Promise<{ pack: LanguagePack }>> = {
  en: () => import('./en'),
  ja: () => import('./ja'),
  ko: () => import('./ko'),
}

/** { './locales/en/tcp.json': {...} } -> { tcp: {...} } */
export function merge(files: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(files).map(([path, messages]) => [/([^/]+)\.json$/.exec(path)?.[1] ?? path, messages]))
}

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: false,
  messages: {} as Record<string, Record<string, never>>,
  missingWarn: import.meta.env.DEV,
})

let explain: Catalogue = {}
/** The explanations of errors in the language now shown. */
export const catalogue = (): Catalogue => explain

export async function setLanguage(language: Language): Promise<void> {
  const { pack } = await load[language]()
  explain = pack.explain
  i18n.global.setLocaleMessage(language, pack.messages as Record<string, never>)
  i18n.global.locale.value = language
  document.documentElement.lang = language
}

/** The first of the person's own languages that we speak. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0]
    const known = LANGUAGES.find((language) => language.id === base)
    if (known) return known.id
  }
  return 'en'
}
