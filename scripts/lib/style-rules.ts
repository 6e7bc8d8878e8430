/** House rules about source text that neither the compiler nor Biome checks. Each is a named function over one file. */
import ts from 'typescript'

/** A source file as the rules see it. */
export interface Source {
  /** Relative to the root, with `/`. */
  path: string
  text: string
  tree: ts.SourceFile
}

/** One broken rule; `line` counts from 1. */
export interface Breach {
  rule: string
  path: string
  line: number
}

/** The longest a file may be. */
export const maxLines = 400

type Rule = (source: Source) => number[]

const rules: Record<string, Rule> = {
  'no-bare-error': ({ tree }) => {
    return linesOf(tree, (node) => {
      return (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText(tree) === 'Error'
    })
  },
  'no-ambient-clock': ({ tree }) => {
    return linesOf(tree, (node) => {
      const now = ts.isPropertyAccessExpression(node) && /^(Date|performance)\.now$/.test(node.getText(tree))
      const date = ts.isNewExpression(node) && node.expression.getText(tree) === 'Date' && !node.arguments?.length
      return (now || date) && !isDefault(node)
    })
  },
  'no-weak-random': ({ tree }) => {
    return linesOf(tree, (node) => ts.isPropertyAccessExpression(node) && node.getText(tree) === 'Math.random')
  },
  'no-silenced-compiler': ({ text }) => {
    return text
      .split('\n')
      .flatMap((line, index) => (/@ts-(ignore|nocheck|expect-error)/.test(line) ? [index + 1] : []))
  },
  'no-default-export': ({ tree }) => linesOf(tree, (node) => ts.isExportAssignment(node) || hasDefaultModifier(node)),
  // Only the contract, which holds types alone, may be passed on whole.
  'no-export-star': ({ tree }) => {
    return linesOf(tree, (node) => {
      if (!ts.isExportDeclaration(node) || node.exportClause !== undefined) return false
      return !(node.isTypeOnly && /^'\.\/interface(\/index)?\.ts'$/.test(node.moduleSpecifier?.getText(tree) ?? ''))
    })
  },
  'relative-imports-end-in-ts': ({ tree }) => {
    return linesOf(tree, (node) => {
      const named = ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier : undefined
      const to = named !== undefined && ts.isStringLiteral(named) ? named.text : ''
      return to.startsWith('.') && !/\.(ts|tsx|json|css)$/.test(to)
    })
  },
  'file-length': ({ text }) => (text.trimEnd().split('\n').length > maxLines ? [maxLines + 1] : []),
  'kebab-case-names': ({ path }) =>
    /^[a-z0-9]+(-[a-z0-9]+)*(\.browser|\.spec|\.d)?\.tsx?$/.test(fileName(path)) ? [] : [1],
  'no-utils': ({ path }) => (/^(utils?|helpers?|misc|common)\.ts$/.test(fileName(path)) ? [1] : [])
}

/** The names of all rules. */
export const ruleNames = Object.keys(rules)

/** What of the rules a file breaks. */
export function breaches(path: string, text: string, only: string[] = ruleNames): Breach[] {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return only.flatMap((rule) => (rules[rule]?.({ path, text, tree }) ?? []).map((line) => ({ rule, path, line })))
}

/** Whether a node stands where only a default stands: after `??`, or as the initial value of a parameter. */
function isDefault(node: ts.Node): boolean {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    const { parent } = at
    if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
      return parent.right === at
    if ((ts.isParameter(parent) || ts.isBindingElement(parent)) && parent.initializer === at) return true
    const passes = ts.isArrowFunction(parent) || ts.isCallExpression(parent) || ts.isParenthesizedExpression(parent)
    const wraps = ts.isPropertyAssignment(parent) || ts.isObjectLiteralExpression(parent)
    if (!passes && !wraps) return false
  }
  return false
}

function hasDefaultModifier(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
  )
}

function linesOf(tree: ts.SourceFile, matches: (node: ts.Node) => boolean): number[] {
  const found: number[] = []
  const visit = (node: ts.Node): void => {
    if (matches(node)) found.push(tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
