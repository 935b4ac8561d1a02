import explain from '../../shared/explain/ko.json'
import { merge, type LanguagePack } from './index'

export const pack: LanguagePack = {
  messages: merge(import.meta.glob('./locales/ko/*.json', { eager: true, import: 'default' })),
  explain,
}
