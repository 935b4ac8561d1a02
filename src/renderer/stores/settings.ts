/** What the person chose for this machine: kept in localStorage, applied to the document. */
import { defineStore } from 'pinia'
import { computed, watch } from 'vue'
import { usePreferredDark, useStorage } from '@vueuse/core'
import { preferredLanguage, setLanguage, type Language } from '../i18n'

export type ThemeChoice = 'system' | 'light' | 'dark' | 'projector'

export const useSettingsStore = defineStore('settings', () => {
  const theme = useStorage<ThemeChoice>('socketscope.theme', 'system')
  const language = useStorage<Language>('socketscope.language', preferredLanguage(navigator.languages))
  const systemDark = usePreferredDark()
  const applied = computed(() => (theme.value === 'system' ? (systemDark.value ? 'dark' : 'light') : theme.value))
  const projector = computed(() => applied.value === 'projector')

  watch(applied, (value) => { document.documentElement.dataset.theme = value }, { immediate: true })

  async function chooseLanguage(value: Language): Promise<void> {
    await setLanguage(value)
    language.value = value
  }
  return { theme, applied, projector, language, chooseLanguage }
})
