/**
 * The one place that knows chart.js at run time. A chart is drawn again at most once a frame, and takes at most about a
 * tenth of the time: it waits longer after a drawing that was dear. Data is handed over plain, never reactive.
 */
import { markRaw, onActivated, onBeforeUnmount, onDeactivated, onMounted, watch, type Ref } from 'vue'
import {
  BarController, BarElement, CategoryScale, Chart, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip,
} from 'chart.js'
import { datasets, markerPlugin, options, type LabChart } from './config'
import type { Plot } from './plot'
import { useChartTheme } from './theme'

Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip)

/** A drawing waits this many times as long as the last one took, for each chart that there is. */
const SHARE = 9
/** charts on the screen now */
let live = 0

export function useChart(canvas: Readonly<Ref<HTMLCanvasElement | null>>, plot: () => Plot, dense: boolean) {
  const theme = useChartTheme()
  let chart: Chart<'bar' | 'line', (number | null)[], string> | undefined
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let cost = 0
  let last = -Infinity
  let shown = true
  let drawn = ''

  const datasetsNow = (): LabChart['data'] => ({ labels: [...plot().labels], datasets: markRaw(datasets(plot(), theme.value, dense)) })
  /** Options are made anew only when they say something else: chart.js resolves them all again then. */
  const look = () => JSON.stringify([theme.value, plot().xTitle, plot().yTitle, plot().unit, plot().series.length, plot().markers?.length ?? 0])

  function draw(): void {
    frame = 0
    if (!chart || !shown) return
    const begin = performance.now()
    chart.data = datasetsNow()
    const now = look()
    if (now !== drawn) {
      drawn = now
      chart.options = options(plot(), theme.value)
    }
    chart.update('none')
    last = performance.now()
    cost = last - begin
  }
  function schedule(): void {
    if (!shown || frame || timer) return
    const wait = last + cost * SHARE * live - performance.now()
    if (wait > 16) {
      timer = setTimeout(() => {
        timer = undefined
        frame = requestAnimationFrame(draw)
      }, wait)
    } else frame = requestAnimationFrame(draw)
  }

  onMounted(() => {
    const context = canvas.value?.getContext('2d')
    if (!context) return
    chart = markRaw(new Chart(context, {
      type: 'bar', data: datasetsNow(), options: options(plot(), theme.value), plugins: [markerPlugin(() => plot().markers ?? [], () => theme.value)],
    }))
    drawn = look()
    live++
  })
  onActivated(() => {
    shown = true
    schedule()
  })
  onDeactivated(() => { shown = false })
  onBeforeUnmount(() => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    if (chart) live--
    chart?.destroy()
    chart = undefined
  })
  watch([plot, theme], schedule)

  /** The drawing with its name above it, on the theme's ground: a picture that can stand in a report. */
  function picture(title: string): Promise<Blob | undefined> {
    const from = canvas.value
    const { surface, text, font } = theme.value
    if (!from) return Promise.resolve(undefined)
    const scale = from.width / Math.max(1, from.clientWidth)
    const head = Math.round(font.size * 2.4 * scale)
    const copy = document.createElement('canvas')
    copy.width = from.width
    copy.height = from.height + head
    const ctx = copy.getContext('2d')
    if (!ctx) return Promise.resolve(undefined)
    ctx.fillStyle = surface
    ctx.fillRect(0, 0, copy.width, copy.height)
    ctx.fillStyle = text
    ctx.font = `600 ${font.size * 1.15 * scale}px ${font.family}`
    ctx.textBaseline = 'middle'
    ctx.fillText(title, font.size * scale, head / 2)
    ctx.drawImage(from, 0, head)
    return new Promise((resolve) => copy.toBlob((blob) => resolve(blob ?? undefined), 'image/png'))
  }
  return { picture }
}
