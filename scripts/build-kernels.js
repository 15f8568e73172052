/**
 * Compiles AssemblyScript kernels, each folder's assembly/ into the binary.ts beside it.
 *
 *   node scripts/build-kernels.js           writes the files
 *   node scripts/build-kernels.js --check   fails where a file is not what the sources give
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['recommender/engine/wasm', 'recommender/compression'];
const OPTIONS = [
  ...['--baseDir', ROOT, '--outFile', 'kernels.wasm'],
  ...['--optimizeLevel', '3', '--noAssert', '--runtime', 'stub'],
  ...['--importMemory', '--noExportMemory', '--enable', 'simd', '--enable', 'bulk-memory'],
  // Functions inside the module exchange vectors; no export does.
  ...['--disableWarning', '112'],
];

/** The bytes of a folder's module. */
async function compileKernels(folder) {
  let bytes;
  const { error, stderr } = await asc.main([`${folder}/assembly/index.ts`, ...OPTIONS], {
    writeFile: (_name, contents) => (bytes = contents),
  });
  if (error !== null || bytes === undefined)
    throw new Error(`The kernels of ${folder} do not compile.\n${stderr.toString()}`);
  return bytes;
}

function source(bytes) {
  const base64 = Buffer.from(bytes).toString('base64');
  const lines = base64.match(/.{1,110}/g) ?? [];
  return [
    '// Generated from assembly/ by scripts/build-kernels.js; do not edit.',
    '',
    '/** The compiled kernels, in base64. */',
    'export const KERNELS_BASE64 = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}

for (const folder of FOLDERS) {
  const target = join(ROOT, folder, 'binary.ts');
  const wanted = source(await compileKernels(folder));
  if (!process.argv.includes('--check')) writeFileSync(target, wanted);
  else if (readFileSync(target, 'utf8') !== wanted) {
    console.error(`${folder}/binary.ts is not what assembly/ compiles to. Run npm run generate:kernels.`);
    process.exitCode = 1;
  }
}
