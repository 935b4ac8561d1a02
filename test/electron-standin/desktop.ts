/** The parts of a desktop that a headless browser lacks: taken note of, and nothing else. */
import type { MenuItemConstructorOptions } from 'electron'

export const screen = {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1040 } }],
}

export class Menu {
  static current: Menu | null = null
  constructor(readonly template: MenuItemConstructorOptions[]) {}
  static buildFromTemplate(template: MenuItemConstructorOptions[]): Menu {
    return new Menu(template)
  }
  static setApplicationMenu(menu: Menu | null): void {
    Menu.current = menu
  }
}
