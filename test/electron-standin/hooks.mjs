/** Resolves `electron` to the stand-in, for the built main process that runs unmodified. */
export function resolve(specifier, context, next) {
  if (specifier === 'electron') return { url: new URL('./electron.ts', import.meta.url).href, shortCircuit: true }
  return next(specifier, context)
}
