/** What stands in the documents, for tests that run it. */

/** The code blocks of a language, in their order. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, of, code = '']) =>
    of === language ? [code] : [],
  )
}

/** What stands below a heading of the second level. @throws when there is no such heading */
export function section(markdown: string, heading: string): string {
  const found = markdown.split(/^## /m).find(part => part.startsWith(`${heading}\n`))
  if (found === undefined) throw new Error(`there is no heading ${heading}`)
  return found
}

/** The lines of the code blocks in sh. */
export function shellLines(markdown: string): string[] {
  return codeBlocks(markdown, 'sh').flatMap(block => block.trim().split('\n'))
}
