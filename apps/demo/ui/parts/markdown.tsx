import { Component, memo, type ReactNode } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { hidesHost, isFormatted, linkOf } from '../client/formatting.ts'

const plugins = [remarkGfm]

/*
 * What somebody wrote, formatted. No HTML of theirs gets into the page, links lead out of it and say where to, and nothing is fetched: a picture
 * from elsewhere would tell its server who reads, and when.
 */
const components: Components = {
  a: ({ href, children }) => <Link to={href}>{children}</Link>,
  img: ({ alt, src }) => <Link to={typeof src === 'string' ? src : undefined}>{alt || 'picture'}</Link>,
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

function Link({ to, children }: { to: string | undefined; children: ReactNode }): ReactNode {
  const link = linkOf(to)
  if (link === undefined) return children
  return (
    <>
      <a href={link.href} target="_blank" rel="noreferrer noopener">
        {children}
      </a>
      {hidesHost(typeof children === 'string' ? children : '', link.host) && <span> ({link.host})</span>}
    </>
  )
}

/** What can't be drawn as it was meant is drawn as it was written: one message must not take the page with it. */
class AsWritten extends Component<{ text: string; children: ReactNode }> {
  override readonly state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    return this.state.failed ? <Plain text={this.props.text} /> : this.props.children
  }
}

function Plain({ text }: { text: string }): ReactNode {
  return <p className="as-written">{text}</p>
}

export const Markdown = memo(function Markdown({ text }: { text: string }): ReactNode {
  // Messages are written in lines, and a line break in one means one.
  return (
    <div className="markdown">
      {isFormatted(text) ? (
        <AsWritten key={text} text={text}>
          <ReactMarkdown remarkPlugins={plugins} components={components}>
            {text.replaceAll(/(?<!\n)\n(?!\n)/g, '  \n')}
          </ReactMarkdown>
        </AsWritten>
      ) : (
        <Plain text={text} />
      )}
    </div>
  )
})
