/** Resolves `electron` to the stand-in, for the built main process that runs unmodified. */
export function resolve(specifier, context, next) {
  if (specifier === 'electron') return next(new URL('./electron.ts', import.meta.url).href, context)
  return next(specifier, context)
}
