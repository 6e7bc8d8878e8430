import { Menu as Base } from '@base-ui/react/menu'
import type { ReactNode } from 'react'
import { Icon } from './bits.tsx'

export interface MenuEntry {
  readonly label: string
  readonly danger?: boolean
  act(): void
}

/** A button with three dots, and what it offers. */
export function Menu({ label, entries }: { label: string; entries: readonly MenuEntry[] }): ReactNode {
  return (
    <Base.Root>
      <Base.Trigger className="icon-button" aria-label={label}>
        <Icon name="more" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="menu-place">
          <Base.Popup className="menu">
            {entries.map((entry) => (
              <Base.Item
                key={entry.label}
                className={entry.danger ? 'menu-item danger' : 'menu-item'}
                onClick={entry.act}
              >
                {entry.label}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
