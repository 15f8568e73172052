/**
 * Compiles the AssemblyScript kernels of the wasm engine into recommender/engine/wasm/binary.ts.
 *
 *   node scripts/build-kernels.js           writes the file
 *   node scripts/build-kernels.js --check   fails where the file is not what the sources give
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = 'recommender/engine/wasm';
const TARGET = join(ROOT, FOLDER, 'binary.ts');
const OPTIONS = [
  ...['--baseDir', ROOT, '--outFile', 'kernels.wasm'],
  ...['--optimizeLevel', '3', '--noAssert', '--runtime', 'stub'],
  ...['--importMemory', '--noExportMemory', '--enable', 'simd', '--enable', 'bulk-memory'],
  // Functions inside the module exchange vectors; no export does.
  ...['--disableWarning', '112'],
];

/** The module's bytes. */
export async function compileKernels() {
  let bytes;
  const { error, stderr } = await asc.main([`${FOLDER}/assembly/index.ts`, ...OPTIONS], {
    writeFile: (_name, contents) => (bytes = contents),
  });
  if (error !== null || bytes === undefined) throw new Error(`The kernels do not compile.\n${stderr.toString()}`);
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

if (import.meta.filename === process.argv[1]) {
  const wanted = source(await compileKernels());
  if (!process.argv.includes('--check')) writeFileSync(TARGET, wanted);
  else if (readFileSync(TARGET, 'utf8') !== wanted) {
    console.error(`${FOLDER}/binary.ts is not what assembly/ compiles to. Run npm run generate:kernels.`);
    process.exitCode = 1;
  }
}
