/** The parts of a list with commas, as headers and settings have it: blanks around them and empty ones do not count. */
export function commaList(text: string): string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}
