/* Small things that all screens are made of. */
import type { ReactNode } from 'react'

const HUES = 8

/** A round mark with somebody's first letter, in a colour that stays theirs. */
export function Avatar({
  name,
  id,
  size = 'normal'
}: {
  name: string
  id: string
  size?: 'small' | 'normal'
}): ReactNode {
  let hue = 0
  for (const character of id.slice(-12)) hue = (hue * 31 + (character.codePointAt(0) ?? 0)) % HUES
  const letter = [...name.trim()][0]?.toUpperCase() ?? '·'
  return (
    <span className={`avatar avatar-${size}`} data-hue={hue} aria-hidden="true">
      {letter}
    </span>
  )
}

export function Problem({ children }: { children: ReactNode }): ReactNode {
  return (
    <p className="problem" role="alert">
      {children}
    </p>
  )
}

/** Something is under way, and what. */
export function Working({ children }: { children: ReactNode }): ReactNode {
  return (
    <p className="working" role="status">
      <span className="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {children}
    </p>
  )
}

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  more: 'M12 6.5v.01M12 12v.01M12 17.5v.01',
  add: 'M12 5v14M5 12h14',
  send: 'M5 12h13M12.5 6l6 6-6 6',
  close: 'M6 6l12 12M18 6L6 18',
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z',
  devices: 'M4 5h12v9H4zM2 18h13M17 9h5v11h-5z',
  network: 'M5 12a2 2 0 1 0 0-.01M19 6a2 2 0 1 0 0-.01M19 18a2 2 0 1 0 0-.01M7 11l10-4.500M7 13l10 4.500',
  people:
    'M9 11a3.500 3.500 0 1 0-.01 0M2.500 20c0-4 3-6 6.500-6s6.500 2 6.500 6M16 11a3 3 0 1 0-1-5.800M18 14.500c2.300.700 3.500 2.700 3.500 5.500',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 10.500a3 3 0 1 0 .01 0'
} as const

export function Icon({ name }: { name: keyof typeof PATHS }): ReactNode {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** A screen with one thing on it. */
export function Card({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <main className="centred">
      <section className="card" aria-labelledby="card-title">
        <img className="mark" src="/icon.svg" alt="" width="44" height="44" />
        <h1 id="card-title">{title}</h1>
        {children}
      </section>
    </main>
  )
}
