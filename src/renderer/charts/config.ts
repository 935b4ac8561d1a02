/** From a Plot to chart.js: datasets and options. Pure, but for the one plugin that draws markers. */
import type { ChartConfiguration, ChartDataset, ChartOptions, Plugin } from 'chart.js'
import { valueText, type Marker, type Plot, type Series } from './plot'
import type { ChartTheme } from './theme'

export type LabChart = ChartConfiguration<'bar' | 'line', (number | null)[], string>
type Dataset = ChartDataset<'bar' | 'line', (number | null)[]>

/** The colour with an opacity, where it is written #rrggbb as all tokens are. */
const faint = (colour: string, alpha: number): string => (/^#[0-9a-f]{6}$/i.test(colour) ? `${colour}${Math.round(alpha * 255).toString(16).padStart(2, '0')}` : colour)

function dataset(series: Series, theme: ChartTheme, dense: boolean): Dataset {
  const colour = theme.tones[series.tone]
  const shape = series.shape ?? 'bars'
  const data = series.values as (number | null)[]
  if (shape === 'bars') {
    return {
      type: 'bar', label: series.name, data, backgroundColor: faint(colour, 0.75), borderColor: colour, borderWidth: 1, order: 2,
      categoryPercentage: dense ? 1 : 0.8, barPercentage: dense ? 1 : 0.9,
    }
  }
  return {
    type: 'line', label: series.name, data, borderColor: colour, backgroundColor: shape === 'dashed' ? theme.surface : colour, borderWidth: 2, order: 1,
    clip: 8, pointRadius: dense ? 0 : theme.font.size * 0.3, pointStyle: shape === 'dashed' ? 'rectRot' : 'circle', spanGaps: true,
    ...(shape === 'dashed' ? { borderDash: [6, 4] } : {}),
  }
}

export function datasets(plot: Plot, theme: ChartTheme, dense: boolean): Dataset[] {
  return plot.series.map((one) => dataset(one, theme, dense))
}

export function options(plot: Plot, theme: ChartTheme): ChartOptions<'bar' | 'line'> {
  const font = { family: theme.font.family, size: theme.font.size }
  const title = (text: string) => ({ display: text !== '', text, color: theme.muted, font, padding: 2 })
  return {
    responsive: true, maintainAspectRatio: false, animation: false, normalized: true,
    layout: { padding: { top: plot.markers?.length ? theme.font.size * 1.4 : 4, right: 6 } },
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: { title: title(plot.xTitle), ticks: { color: theme.muted, font, maxRotation: 0, autoSkipPadding: 6 }, grid: { display: false }, border: { color: theme.line } },
      y: {
        title: title(plot.yTitle), beginAtZero: true, ...(plot.unit === 'share' ? { max: 1 } : {}), grid: { color: theme.line }, border: { display: false },
        ticks: {
          color: theme.muted, font, maxTicksLimit: 6, ...(plot.unit === 'count' ? { precision: 0 } : {}),
          callback: (value) => (plot.unit === 'share' ? `${Math.round(Number(value) * 100)} %` : Number(value).toLocaleString('en-US')),
        },
      },
    },
    plugins: {
      legend: { display: plot.series.length > 1, position: 'bottom', labels: { color: theme.text, font, usePointStyle: true, pointStyleWidth: font.size, boxHeight: font.size * 0.6, padding: 6, sort: (x, y) => (x.datasetIndex ?? 0) - (y.datasetIndex ?? 0) } },
      tooltip: { animation: false, titleFont: font, bodyFont: font, callbacks: { label: (item) => `${item.dataset.label}: ${valueText(item.parsed.y, plot.unit)}` } },
    },
  }
}

/** Draws the markers: a line down the plot and its name above it. Names that would overlap go further down. */
export function markerPlugin(markers: () => readonly Marker[], theme: () => ChartTheme): Plugin<'bar' | 'line'> {
  return {
    id: 'markers',
    afterDatasetsDraw(chart) {
      const { ctx, chartArea, scales } = chart
      const x = scales.x
      if (!x || !chartArea) return
      const { font, tones, surface } = theme()
      const step = x.ticks.length > 1 || chart.data.labels!.length > 1 ? x.getPixelForValue(1) - x.getPixelForValue(0) : chartArea.width
      ctx.save()
      ctx.font = `${font.size}px ${font.family}`
      ctx.textBaseline = 'middle'
      ctx.lineWidth = 1.5
      const taken: { from: number; to: number; row: number }[] = []
      for (const marker of markers()) {
        const at = x.getPixelForValue(0) + marker.at * step
        if (!(at >= chartArea.left - 1 && at <= chartArea.right + 1)) continue
        const width = ctx.measureText(marker.label).width + 6
        const left = Math.min(Math.max(at - width / 2, chartArea.left), chartArea.right - width)
        let row = 0
        while (taken.some((box) => box.row === row && left < box.to && box.from < left + width)) row++
        taken.push({ from: left, to: left + width, row })
        const y = chartArea.top - font.size * 0.8 + row * font.size * 1.4
        ctx.strokeStyle = tones[marker.tone]
        ctx.setLineDash([3, 3])
        ctx.beginPath()
        ctx.moveTo(at, Math.max(chartArea.top, y + font.size * 0.7))
        ctx.lineTo(at, chartArea.bottom)
        ctx.stroke()
        ctx.fillStyle = surface
        ctx.fillRect(left, y - font.size * 0.65, width, font.size * 1.3)
        ctx.fillStyle = tones[marker.tone]
        ctx.fillText(marker.label, left + 3, y)
      }
      ctx.restore()
    },
  }
}
