/** Which exercises this person has begun from the home page: kept on this machine. */
import { useStorage } from '@vueuse/core'
import type { Step } from './tour'

const key = ({ page, example }: Pick<Step, 'page' | 'example'>): string => (example === undefined ? page : `${page}?${example}`)
const tried = useStorage<string[]>('socketscope.home.tried', [])

export const useTried = () => ({
  isTried: (step: Pick<Step, 'page' | 'example'>): boolean => tried.value.includes(key(step)),
  mark: (step: Pick<Step, 'page' | 'example'>): void => { if (!tried.value.includes(key(step))) tried.value = [...tried.value, key(step)] },
  forget: (): void => { tried.value = [] },
})
