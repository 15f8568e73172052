import { GuildhallError } from '../errors/index.js';
import { readCatalogueFile } from '../simulations/files.js';
import type { PlannedCatalogue } from '../simulations/plan.js';

/** What federations, merchants, jobs and catalogues may be called. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,48}$/;

/**
 * Reads catalogues given as NAME=FILE.
 * @throws GuildhallError USAGE for another form, FILE_UNREADABLE, DATA_*
 */
export async function readCatalogues(given: readonly string[]): Promise<PlannedCatalogue[]> {
  const catalogues: PlannedCatalogue[] = [];
  for (const entry of given) {
    const at = entry.indexOf('=');
    const name = entry.slice(0, Math.max(0, at));
    const file = entry.slice(at + 1);
    if (!NAME.test(name) || file === '') {
      throw new GuildhallError(
        'USAGE',
        `"${entry}" is not of the form NAME=FILE, with a name of a-z, 0-9, dot, hyphen.`,
      );
    }
    if (catalogues.some((catalogue) => catalogue.name === name)) {
      throw new GuildhallError('USAGE', `The catalogue "${name}" is given twice.`);
    }
    catalogues.push({ name, catalogue: await readCatalogueFile(file) });
  }
  return catalogues;
}
