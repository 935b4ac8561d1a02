import js from '@eslint/js'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import ts from 'typescript-eslint'
import layers from './build/lint/layers.mjs'

/** Text from the network is shown as text: nothing of ours makes HTML out of a string. */
const noHtml = [
  { selector: "AssignmentExpression[left.property.name=/^(innerHTML|outerHTML|srcdoc)$/]", message: 'text is never shown as HTML' },
  { selector: "CallExpression[callee.property.name=/^(insertAdjacentHTML|setHTMLUnsafe|createContextualFragment)$/]", message: 'text is never shown as HTML' },
  { selector: "CallExpression[callee.object.name='document'][callee.property.name=/^write/]", message: 'text is never shown as HTML' },
  { selector: "Property[key.name='innerHTML']", message: 'text is never shown as HTML' },
]

export default ts.config(
  { ignores: ['out/', 'dist/', 'node_modules/', 'coverage/', 'test/artifacts/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.{ts,mts,mjs,vue}'],
    plugins: { layers },
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'layers/imports': 'error',
      'no-restricted-syntax': ['error', ...noHtml],
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-control-regex': 'off', // control characters are what a byte view is about
      eqeqeq: ['error', 'always'],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
    },
  },
  {
    files: ['**/*.vue', '**/*.ts'],
    rules: {
      'no-undef': 'off', // TypeScript knows better
    },
  },
  {
    files: ['**/*.vue'],
    rules: {
      'vue/no-v-html': 'error',
      'vue/no-v-text-v-html-on-component': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      // how a template is laid out is the author's
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/attributes-order': 'off',
      'vue/require-default-prop': 'off',
      'vue/multi-word-component-names': 'off',
    },
  },
  { files: ['build/**', '*.config.*'], languageOptions: { globals: globals.node } },
  // a few lines of page run inside a test's browser
  { files: ['test/**'], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
)
