/** A minimal menu: the keys that a person expects everywhere. Its labels are the system's or one of our three languages. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron'

const LABELS = {
  en: { view: 'View', reset: 'Actual Size', larger: 'Zoom In', smaller: 'Zoom Out', full: 'Full Screen' },
  ja: { view: '表示', reset: '実際のサイズ', larger: '拡大', smaller: '縮小', full: '全画面表示' },
  ko: { view: '보기', reset: '실제 크기', larger: '확대', smaller: '축소', full: '전체 화면' },
}

export function setMenu(): void {
  const language = app.getLocale().slice(0, 2)
  const labels = language === 'ja' || language === 'ko' ? LABELS[language] : LABELS.en
  const view: MenuItemConstructorOptions = {
    label: labels.view,
    submenu: [
      { role: 'resetZoom', label: labels.reset },
      { role: 'zoomIn', label: labels.larger },
      { role: 'zoomOut', label: labels.smaller },
      { type: 'separator' },
      { role: 'togglefullscreen', label: labels.full },
    ],
  }
  // macOS routes copy, paste and quit through the menu; elsewhere the window has them by itself
  const template: MenuItemConstructorOptions[] = process.platform === 'darwin' ? [{ role: 'appMenu' }, { role: 'editMenu' }, view, { role: 'windowMenu' }] : [view]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
