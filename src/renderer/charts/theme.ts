/** The theme's tokens as chart.js wants them: colours and sizes read from the document, anew when the theme changes. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import type { Tone } from './plot'

export interface ChartTheme {
  text: string
  muted: string
  line: string
  surface: string
  tones: Record<Tone, string>
  font: { family: string; size: number }
}

export function readTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement)
  const token = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback
  const rem = Number.parseFloat(style.fontSize) || 16
  return {
    text: token('--text', '#1b1c1e'), muted: token('--text-muted', '#50545a'), line: token('--line', '#dededa'), surface: token('--surface', '#fff'),
    tones: {
      a: token('--side-a', '#0a5fb4'), b: token('--side-b', '#a64b00'), accent: token('--accent', '#0f6f67'), danger: token('--danger', '#b3261e'),
      muted: token('--text-faint', '#6c7077'),
    },
    font: { family: getComputedStyle(document.body).fontFamily || 'sans-serif', size: rem * 0.6875 },
  }
}

/** The theme now; a new value whenever <html data-theme> changes. */
export function useChartTheme(): Readonly<ShallowRef<ChartTheme>> {
  const theme = shallowRef(readTheme())
  const watcher = new MutationObserver(() => { theme.value = readTheme() })
  watcher.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'lang'] })
  onScopeDispose(() => watcher.disconnect())
  return theme
}
