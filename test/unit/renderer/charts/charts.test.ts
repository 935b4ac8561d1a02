/** Charts as data: bins, CSV, what chart.js is given; and the frame round a drawing, by role and name. */
import { describe, expect, it } from 'vitest'
import { mount } from '@vue/test-utils'
import { createI18n } from 'vue-i18n'
import { TooltipProvider } from 'reka-ui'
import { h } from 'vue'
import ChartFrame from '../../../../src/renderer/charts/ChartFrame.vue'
import Histogram from '../../../../src/renderer/charts/Histogram.vue'
import { datasets, options } from '../../../../src/renderer/charts/config'
import { bins, plotCsv, valueText, type Plot } from '../../../../src/renderer/charts/plot'
import { readTheme } from '../../../../src/renderer/charts/theme'
import { bucketFrom, bucketOf } from '../../../../src/shared/projections'
import words from '../../../../src/renderer/i18n/locales/en/charts.json'

const plot: Plot = {
  labels: ['1', '2', '3'], xTitle: 'attempt', yTitle: 'answered', unit: 'share',
  series: [{ name: 'measured', tone: 'a', values: [0.5, 0.75, null] }, { name: 'expected, "p"', tone: 'b', shape: 'dashed', values: [0.5, 0.75, 0.875] }],
}

const show = (component: object, props: object) => mount({
  render: () => h(TooltipProvider, () => h(component, props)),
}, { attachTo: document.body, global: { plugins: [createI18n({ legacy: false, locale: 'en', messages: { en: { charts: words } } as never })] } })

describe('numbers', () => {
  it('are written exactly as CSV, quoted where they must be', () => {
    expect(plotCsv(plot)).toBe('attempt,measured,"expected, ""p"""\r\n1,0.5,0.5\r\n2,0.75,0.75\r\n3,,0.875\r\n')
  })
  it('are read as per cent without a certainty that is none', () => {
    expect([0, 1, 0.5, 0.99996, 0.00001, null].map((value) => valueText(value, 'share'))).toEqual(['0 %', '100 %', '50.0 %', '99.996 %', '0.001 %', '–'])
    expect(valueText(12_345, 'count')).toBe('12,345')
  })
})

describe('bins', () => {
  it('reach from the first full bucket to the last, with what lies between', () => {
    const counts: number[] = []
    for (const us of [100, 100, 1000]) counts[bucketOf(us)] = (counts[bucketOf(us)] ?? 0) + 1
    const made = bins(Array.from(counts, (value) => value ?? 0), bucketFrom)
    expect(made.values.at(0)).toBe(2)
    expect(made.values.at(-1)).toBe(1)
    expect(made.edges.at(0)).toBeCloseTo(100)
    expect(made.edges.length).toBe(made.values.length + 1)
  })
  it('of one bucket are still several, and of none none', () => {
    expect(bins([0, 0, 5], bucketFrom).values.length).toBeGreaterThanOrEqual(8)
    expect(bins([], bucketFrom)).toEqual({ first: 0, values: [], edges: [] })
  })
  it('hold each value between their borders', () => {
    for (const us of [1, 9.99, 10, 50, 99_999, 3.1e6]) {
      const bucket = bucketOf(us)
      expect(us).toBeGreaterThanOrEqual(bucketFrom(bucket) * (1 - 1e-9))
      expect(us).toBeLessThan(bucketFrom(bucket + 1) * (1 + 1e-9))
    }
  })
})

describe('for chart.js', () => {
  it('what is expected is a dashed line over the bars of what was measured', () => {
    const [measured, expected] = datasets(plot, readTheme(), false)
    expect(measured).toMatchObject({ type: 'bar', data: [0.5, 0.75, null] })
    expect(expected).toMatchObject({ type: 'line', borderDash: [6, 4] })
  })
  it('nothing moves by itself, shares end at one', () => {
    expect(options(plot, readTheme())).toMatchObject({ animation: false, scales: { y: { max: 1 } } })
  })
})

describe('the frame', () => {
  it('names the chart, says what it shows, and gives its numbers as a table', async () => {
    const view = show(ChartFrame, { title: 'Answered', summary: 'Three quarters.', plot, file: 'answered' })
    expect(view.get('canvas').attributes()).toMatchObject({ role: 'img', 'aria-label': 'Answered. Three quarters.' })
    expect(view.findAll('figcaption button').map((button) => button.attributes('aria-label'))).toEqual([
      'Numbers of “Answered” as a table', 'Save “Answered” as PNG', 'Save “Answered” as CSV',
    ])
    expect(view.find('table').exists()).toBe(false)
    await view.get('figcaption button').trigger('click')
    expect(view.findAll('tbody tr').map((row) => row.text())).toEqual(['150.0 %50.0 %', '275.0 %75.0 %', '3–87.5 %'])
    expect(view.findAll('thead th').map((head) => head.attributes('scope'))).toEqual(['col', 'col', 'col'])
    view.unmount()
  })
  it('of a histogram without values says so and exports nothing', () => {
    const view = show(Histogram, {
      title: 'Round trip', summary: '', counts: [], version: 0, from: bucketFrom, text: String, name: 'n', tone: 'a', xTitle: 'x', yTitle: 'y', file: 'f',
    })
    expect(view.text()).toContain('Nothing measured yet')
    expect(view.findAll('figcaption button').slice(1).map((button) => button.attributes('disabled'))).toEqual(['', ''])
    view.unmount()
  })
})
