import explain from '../../shared/explain/ja.json'
import { merge, type LanguagePack } from './index'

export const pack: LanguagePack = {
  messages: merge(import.meta.glob('./locales/ja/*.json', { eager: true, import: 'default' })),
  explain,
}
