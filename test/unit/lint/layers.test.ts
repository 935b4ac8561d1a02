/** Every import rule of the layout, on the real ESLint configuration: one import that must be refused, one that must pass. */
import { resolve } from 'node:path'
import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const eslint = new ESLint({ cwd: root })

async function refusals(file: string, code: string, ruleId = 'layers/imports'): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: resolve(root, file) })
  return (result?.messages ?? []).filter((message) => message.ruleId === ruleId || message.fatal).map((message) => message.message)
}

/** file, what it may not import, what it may */
const RULES: [rule: string, file: string, refused: string, allowed: string][] = [
  ['shared imports shared only', 'src/shared/trace/a.ts', '../../engine/engine', '../bytes/interval'],
  ['shared knows no Node', 'src/shared/a.ts', 'node:fs', 'valibot'],
  ['shared knows no Node by its bare names', 'src/shared/a.ts', 'fs/promises', 'valibot'],
  ['shared knows no Electron', 'src/shared/a.ts', 'electron', 'valibot'],
  ['shared knows no Vue', 'src/shared/a.ts', 'vue', 'valibot'],
  ['engine imports engine and shared', 'src/engine/kernel/a.ts', '../../renderer/hex/rows', '../../shared/result'],
  ['engine knows no Electron', 'src/engine/a.ts', 'electron', 'node:fs'],
  ['engine knows no page', 'src/engine/a.ts', 'vue', 'koffi'],
  ['engine imports no host', 'src/engine/a.ts', '../serve/server', './engine'],
  ['main imports no page', 'src/main/a.ts', '../renderer/main', '../engine/host/engine-host'],
  ['main imports no other host', 'src/main/a.ts', '../serve/server', '../shared/result'],
  ['serve knows no Electron', 'src/serve/a.ts', 'electron', 'ws'],
  ['serve imports no other host', 'src/serve/a.ts', '../main/origin', '../engine/host/paths'],
  ['cli imports no other host', 'src/cli/a.ts', '../serve/server', '../engine/engine'],
  ['preload imports shared only', 'src/preload/a.ts', '../engine/engine', '../shared/contract/host'],
  ['preload knows no Node', 'src/preload/a.ts', 'node:fs', 'electron'],
  ['renderer imports no engine', 'src/renderer/lab/a.ts', '../../engine/engine', '../../shared/contract/contract'],
  ['renderer knows no Node', 'src/renderer/a.ts', 'node:path', 'vue'],
  ['renderer knows no Electron', 'src/renderer/a.ts', 'electron', 'pinia'],
  ['renderer imports no host', 'src/renderer/a.ts', '../preload/index', '../shared/result'],
  ['a feature imports no other feature', 'src/renderer/features/tcp/a.ts', '../udp/start', '../tcp/start'],
  ['a feature imports no other feature\'s folder', 'src/renderer/features/tcp/parts/a.ts', '../../udp', '../../../ui/Button.vue'],
  ...['diagrams', 'hex', 'charts', 'ui', 'calls'].flatMap((view): [string, string, string, string][] => [
    [`${view} imports no store`, `src/renderer/${view}/a.ts`, '../stores/selection', '../../shared/result'],
    [`${view} imports no lab`, `src/renderer/${view}/a.ts`, '../lab/client', './rows'],
    [`${view} imports no feature`, `src/renderer/${view}/a.ts`, '../features/tcp/start', 'vue'],
    [`${view} knows no pinia`, `src/renderer/${view}/a.ts`, 'pinia', 'vue'],
  ]),
  ['imports are relative', 'src/renderer/a.ts', '@/stores/lab', './stores/lab'],
  ['source stays inside src', 'src/engine/a.ts', '../../test/lib/app', '../shared/result'],
]

describe('imports point one way', () => {
  it.each(RULES)('%s', async (_rule, file, refused, allowed) => {
    expect(await refusals(file, `import '${refused}'\n`)).toHaveLength(1)
    expect(await refusals(file, `import '${allowed}'\n`)).toEqual([])
  })

  it.each([
    ["import type { A } from '../udp/a'\nexport const b = (a: A): A => a\n"],
    ["export { a } from '../udp/a'\n"],
    ["export * from '../udp/a'\n"],
    ["export const a = () => import('../udp/a')\n"],
    ["export type A = import('../udp/a').A\n"],
    ["export const a = import.meta.glob('../udp/*.ts')\n"],
    ["export const a = import.meta.glob(['../udp/*.ts'])\n"],
  ])('every kind of import counts: %s', async (code) => {
    expect(await refusals('src/renderer/features/tcp/a.ts', code)).toHaveLength(1)
  })

  it('holds in components too', async () => {
    const component = (path: string) => `<script setup lang="ts">\nimport '${path}'\n</script>\n<template><p /></template>\n`
    expect(await refusals('src/renderer/diagrams/Ladder.vue', component('../stores/selection'))).toHaveLength(1)
    expect(await refusals('src/renderer/diagrams/Ladder.vue', component('./layout'))).toEqual([])
  })
})

describe('what no source may do', () => {
  it('show HTML with v-html', async () => {
    const component = '<script setup lang="ts">\nconst a = 1\n</script>\n<template><p v-html="a" /></template>\n'
    expect(await refusals('src/renderer/ui/A.vue', component, 'vue/no-v-html')).toHaveLength(1)
  })

  it.each([
    ['element.innerHTML = text', 'no-restricted-syntax'],
    ["element.insertAdjacentHTML('beforeend', text)", 'no-restricted-syntax'],
    ["h('p', { innerHTML: text })", 'no-restricted-syntax'],
    ["eval('1')", 'no-eval'],
    ["new Function('return 1')", 'no-new-func'],
    ['export const a = (b: any) => b', '@typescript-eslint/no-explicit-any'],
    ['// @ts-ignore\nexport const a = 1', '@typescript-eslint/ban-ts-comment'],
    ['try { a() } catch {}', 'no-empty'],
  ])('%s', async (code, rule) => {
    expect(await refusals('src/renderer/ui/a.ts', `${code}\n`, rule)).toHaveLength(1)
  })
})
