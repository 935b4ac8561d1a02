import explain from '../../shared/explain/en.json'
import { merge, type LanguagePack } from './index'

export const pack: LanguagePack = {
  messages: merge(import.meta.glob('./locales/en/*.json', { eager: true, import: 'default' })),
  explain,
}
