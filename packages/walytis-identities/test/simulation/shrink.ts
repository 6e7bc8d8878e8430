/** Making a history that fails smaller, as long as it fails. */

/** A line of a script, taken apart as text. */
interface Parts {
  readonly name: string
  readonly parents: readonly string[]
  readonly author: string
  readonly acts: readonly string[]
}

/**
 * The smallest history that is found by leaving out blocks, acts and links, one at a time, until none can be left out any more. Whoever
 * followed a block that is left out follows its parents.
 */
export async function shrink(
  lines: readonly string[],
  fails: (lines: readonly string[]) => Promise<boolean>
): Promise<string[]> {
  let best = lines.map(partsOf)
  for (let smaller = true; smaller; ) {
    smaller = false
    for (const candidate of candidates(best)) {
      if (await fails(candidate.map(lineOf))) {
        best = candidate
        smaller = true
        break
      }
    }
  }
  return best.map(lineOf)
}

/** Histories that are one step smaller, the largest steps first. */
function* candidates(blocks: readonly Parts[]): Generator<Parts[]> {
  for (const gone of [...blocks].reverse()) {
    yield blocks.filter((block) => block !== gone).map((block) => relink(block, gone))
  }
  for (const [at, block] of blocks.entries()) {
    for (const smaller of [...withoutAnAct(block), ...withoutALink(block)]) {
      yield blocks.with(at, smaller)
    }
  }
}

function relink(block: Parts, gone: Parts): Parts {
  const parents = block.parents.flatMap((parent) => (parent === gone.name ? gone.parents : [parent]))
  return { ...block, parents: [...new Set(parents)] }
}

function withoutAnAct(block: Parts): Parts[] {
  return block.acts.length < 2
    ? []
    : block.acts.map((_, at) => ({ ...block, acts: block.acts.filter((__, other) => other !== at) }))
}

function withoutALink(block: Parts): Parts[] {
  return block.parents.length < 2
    ? []
    : block.parents.map((_, at) => ({ ...block, parents: block.parents.filter((__, other) => other !== at) }))
}

function partsOf(line: string): Parts {
  const [name = '', rest = ''] = line.split(/\s*:\s*/)
  const [links = '', author = '', ...words] = rest.split(/\s+/)
  return { name: name.trim(), parents: links.split(','), author, acts: words.join(' ').split(/\s*;\s*/) }
}

function lineOf({ name, parents, author, acts }: Parts): string {
  return `${name} : ${parents.join(',')} ${author} ${acts.join(' ; ')}`
}
