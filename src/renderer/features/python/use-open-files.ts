/** Opens files in tabs: chosen, dropped, or of the workspace folder. What cannot be opened is said. */
import { useI18n } from 'vue-i18n'
import { printable } from '../../../shared/bytes/printable'
import { useToasts } from '../../ui/toasts'
import { fileName, MAX_SOURCE } from './programs/program-file'
import { usePythonPrograms } from './programs/programs-store'
import { useWorkspace } from './workspace/workspace-store'

/** Files of one drop. */
const MAX_FILES = 10

export function useOpenFiles() {
  const { t } = useI18n()
  const programs = usePythonPrograms()
  const workspace = useWorkspace()
  const toasts = useToasts()

  function show(name: string, text: string | undefined, inFolder: boolean): void {
    const as = fileName(name)
    // a text file has no NUL; whatever has is no program
    if (text === undefined || as === undefined || text.includes('\0') || text.length > MAX_SOURCE) {
      toasts.show(t('python.file.notOpened', { name: printable(name) }), 'danger')
      return
    }
    const opened = programs.open(as, text.replace(/\r\n?/g, '\n'), inFolder ? { inFolder } : {})
    if (!opened.ok) toasts.show(t('python.file.tooMany', { n: opened.error.detail?.limit ?? '' }), 'danger')
  }
  async function take(files: readonly File[]): Promise<void> {
    for (const file of files.slice(0, MAX_FILES)) show(file.name, file.size <= 4 * MAX_SOURCE ? await file.text() : undefined, false)
  }
  async function fromFolder(name: string): Promise<void> {
    show(name, await workspace.read(name), true)
  }
  return { take, fromFolder }
}
