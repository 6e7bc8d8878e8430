import { memo, type ReactNode } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'

const plugins = [remarkGfm]

/*
 * What somebody wrote, formatted. No HTML of theirs gets into the page, links are those of the web only, and nothing is fetched: a picture
 * from elsewhere would tell its server who reads, and when.
 */
const components: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
  img: ({ alt, src }) => (
    <a href={typeof src === 'string' ? src : undefined} target="_blank" rel="noreferrer noopener">
      {alt || 'picture'}
    </a>
  ),
  h1: ({ children }) => <p className="heading">{children}</p>,
  h2: ({ children }) => <p className="heading">{children}</p>,
  h3: ({ children }) => <p className="heading">{children}</p>,
  h4: ({ children }) => <p className="heading">{children}</p>,
  h5: ({ children }) => <p className="heading">{children}</p>,
  h6: ({ children }) => <p className="heading">{children}</p>,
  input: ({ checked }) => <span>{checked ? '☑ ' : '☐ '}</span>,
  // Wide ones scroll, so the keyboard must reach them.
  pre: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard
    <pre tabIndex={0}>{children}</pre>
  )
}

export const Markdown = memo(function Markdown({ text }: { text: string }): ReactNode {
  // Messages are written in lines, and a line break in one means one.
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={plugins} components={components}>
        {text.replaceAll(/(?<!\n)\n(?!\n)/g, '  \n')}
      </ReactMarkdown>
    </div>
  )
})
