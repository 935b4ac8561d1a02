/**
 * ESLint rule `layers/imports`: imports point one way. Each rule of `RULES` names a part of src/, what of src/ it may
 * import, and which packages it may not. Every kind of import counts: static, type-only, re-export, dynamic, import type,
 * import.meta.glob.
 */
import { builtinModules } from 'node:module'
import { isAbsolute, posix, relative, resolve, sep } from 'node:path'

const NODE = new Set(builtinModules)
const isNode = (name) => name.startsWith('node:') || NODE.has(name.split('/')[0])
const packages = (...names) => (name) => names.some((known) => name === known || name.startsWith(`${known}/`))
const isElectron = packages('electron')
const isPage = (name) => /^(vue|vue-.*|pinia|reka-ui|chart\.js|@vue\/.*|@vueuse\/.*|@tanstack\/vue-.*|@lucide\/vue|codemirror|@codemirror\/.*)(\/|$)/.test(name)
const isServer = packages('koffi', 'ws', 'sirv', 'send', 'systeminformation')
const any = (...tests) => (name) => tests.some((test) => test(name))

const HOSTS = ['main', 'serve', 'cli', 'preload']
const VIEWS = ['diagrams', 'packets', 'hex', 'charts', 'ui', 'calls']

/**
 * `in`: a folder of src/ (the first that fits counts). `may`: folders it may import, itself included.
 * `not`: folders inside `may` that are forbidden after all. `without`: packages that it may not import.
 */
const RULES = [
  { in: 'shared', may: ['shared'], without: any(isNode, isElectron, isPage, isServer), why: 'shared is pure TypeScript: no Node, no Electron, no DOM, no Vue' },
  { in: 'engine', may: ['engine', 'shared'], without: any(isElectron, isPage), why: 'engine imports engine and shared, in plain Node' },
  { in: 'main', may: ['main', 'engine', 'shared'], without: isPage, why: 'main imports engine and shared' },
  { in: 'serve', may: ['serve', 'engine', 'shared'], without: any(isElectron, isPage), why: 'serve imports engine and shared' },
  { in: 'cli', may: ['cli', 'engine', 'shared'], without: any(isElectron, isPage), why: 'cli imports engine and shared' },
  { in: 'preload', may: ['preload', 'shared'], without: any(isNode, isPage, isServer), why: 'preload imports shared only' },
  ...VIEWS.map((view) => ({
    in: `renderer/${view}`,
    may: ['renderer', 'shared'],
    not: ['renderer/stores', 'renderer/lab', 'renderer/features', 'renderer/router'],
    without: any(isNode, isElectron, isServer, packages('pinia', 'vue-router')),
    why: `${view} is driven by props: no store, no lab, no feature`,
  })),
  { in: 'renderer', may: ['renderer', 'shared'], without: any(isNode, isElectron, isServer), why: 'renderer imports shared, and no Node and no Electron' },
]

const within = (path, folder) => path === folder || path.startsWith(`${folder}/`)
const featureOf = (path) => /^renderer\/features\/([^/]+)(?:\/|$)/.exec(path)?.[1]

/**
 * Why `from` (a path inside src/, with forward slashes) may not import `specifier`, or undefined when it may.
 * @param {string} from
 * @param {string} specifier
 */
export function refusal(from, specifier) {
  const rule = RULES.find((candidate) => within(from, candidate.in))
  if (!rule) return undefined
  if (/^([@~]\/|src\/|\/)/.test(specifier)) return 'use relative imports'
  if (!specifier.startsWith('.')) return rule.without(specifier) ? rule.why : undefined

  const target = posix.normalize(posix.join(posix.dirname(from), specifier))
  if (target.startsWith('..')) return 'source imports nothing outside src'
  const host = HOSTS.find((name) => within(target, name))
  if (host && !within(from, host)) return `nothing imports a host (${host})`
  if (!rule.may.some((folder) => within(target, folder))) return rule.why
  if (rule.not?.some((folder) => within(target, folder))) return rule.why
  const feature = featureOf(from)
  const other = featureOf(target)
  return feature && other && other !== feature ? `a feature never imports another feature (${feature} imports ${other})` : undefined
}

/** A path inside src/ with forward slashes, or undefined. `root` is the project's folder. */
function insideSource(root, file) {
  const path = relative(resolve(root, 'src'), file)
  return path === '' || path.startsWith('..') || isAbsolute(path) ? undefined : path.split(sep).join('/')
}

const isGlob = (callee) => callee.type === 'MemberExpression' && callee.object.type === 'MetaProperty' && callee.property.name === 'glob'

/** @type {import('eslint').Rule.RuleModule} */
export const imports = {
  meta: { type: 'problem', schema: [], messages: { refused: '{{ reason }}: "{{ specifier }}"' } },
  create(context) {
    const from = insideSource(context.cwd, context.filename)
    if (!from) return {}
    const check = (node) => {
      if (node?.type !== 'Literal' || typeof node.value !== 'string') return
      const reason = refusal(from, node.value)
      if (reason) context.report({ node, messageId: 'refused', data: { reason, specifier: node.value } })
    }
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
      CallExpression: (node) => {
        if (!isGlob(node.callee)) return
        const [pattern] = node.arguments
        for (const part of pattern?.type === 'ArrayExpression' ? pattern.elements : [pattern]) check(part)
      },
    }
  },
}

export default { rules: { imports } }
