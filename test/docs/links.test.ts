import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '..', '..');

/** The name under which a hosting service's page links to a heading. */
function anchorOf(heading: string): string {
  const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return words.replaceAll(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-');
}

function anchorsOf(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

/** The relative links of a document that lead nowhere. @param file where the document lies, or would lie */
function brokenLinks(file: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (target !== file && !existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(target === file ? text : readFileSync(target, 'utf8')).has(anchor);
  });
}

describe('links in the documents', () => {
  const folders = [root, join(root, 'docs')];
  const documents = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );

  for (const file of documents) {
    it(`of ${relative(root, file)} lead to files and headings that are there`, () => {
      expect(brokenLinks(file, readFileSync(file, 'utf8'))).to.deep.equal([]);
    });
  }

  it('that lead nowhere are found: the control', () => {
    const text =
      '# Here: `it` is\n[a](#here-it-is) [b](#there) [c](nowhere.md) [d](privacy.md#nothing) [e](privacy.md)';
    expect(brokenLinks(join(root, 'docs', 'control.md'), text)).to.deep.equal([
      '#there',
      'nowhere.md',
      'privacy.md#nothing',
    ]);
  });
});
