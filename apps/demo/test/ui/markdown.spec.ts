import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { hidesHost, isFormatted, linkOf } from '../../ui/client/formatting.ts'
import { Markdown } from '../../ui/parts/markdown.tsx'

const shown = (text: string): string => renderToStaticMarkup(createElement(Markdown, { text }))

describe('what somebody wrote, in the page', () => {
  it('is formatted, line by line', () => {
    expect(shown('**Hello**\nworld')).toBe('<div class="markdown"><p><strong>Hello</strong><br/>\nworld</p></div>')
  })

  it('is formatted however long it is, while it is text', () => {
    expect(isFormatted('A sentence, as people write them. '.repeat(1700))).toBe(true)
  })

  it.each([
    ['quotes inside quotes', '>'.repeat(60_000)],
    ['quotes inside quotes, with little text', `${'> '.repeat(13)}a`],
    ['lists inside lists', Array.from({ length: 90 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n')],
    ['a table with many cells', `${'|a'.repeat(100)}\n${'|-'.repeat(100)}\n${'|\n'.repeat(900)}`],
    ['emphasis that never ends', '*a_'.repeat(20_000)],
    ['lines', 'a\n'.repeat(30_000)]
  ])('F4 %s, more than anybody writes, are shown as they were written', (_, text) => {
    expect(isFormatted(text)).toBe(false)
    expect(shown(text)).toMatch(/^<div class="markdown"><p class="as-written">/)
  })

  it('runs nothing, fetches nothing, and links to nothing but the web and mailboxes', () => {
    const text = [
      '<script>alert(1)</script><img src=x onerror=alert(1)>',
      '![seen](https://spy.example/pixel.png)',
      '[a](javascript:alert(1)) [b](data:text/html,x) [c](/#link=abc) [d](file:///etc/passwd) [e](mailto:bob@example.org)'
    ].join('\n\n')
    const html = shown(text)
    expect(html).not.toMatch(/<(script|img)/)
    expect([...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
      'https://spy.example/pixel.png',
      'mailto:bob@example.org'
    ])
  })

  it('says where a link leads whose words say something else', () => {
    expect(shown('[bank.example](https://evil.example/x)')).toContain('</a><span> (evil.example)</span>')
    expect(shown('[**bank.example**](https://evil.example/x)')).toContain('</a><span> (evil.example)</span>')
    expect(shown('https://bank.example@evil.example/')).toContain('<span> (evil.example)</span>')
    for (const text of ['https://bank.example/a', '[bank.example](https://bank.example)', 'www.bank.example']) {
      expect(shown(text), text).not.toContain('<span>')
    }
    expect(linkOf('//evil.example')).toBeUndefined()
    expect(hidesHost('bob@example.org', 'bob@example.org')).toBe(false)
  })
})
