/**
 * The layers of the house, as import rules: cli → simulations → coordinator | client → federation →
 * crypto | privacy | recommender. `proto` and `errors` are leaves that any layer may use, except that
 * crypto decodes wire types only in crypto/secagg and privacy never does.
 */
const pure = '^(crypto|privacy|recommender|federation)/';
const forbid = (from, to, comment) => ({
  name: `${from.replace(/\W+/g, '-')}-not-to-${to.replace(/\W+/g, '-')}`,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: to },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle means two concepts that are one, or a missing third.',
      from: {},
      to: { circular: true },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    forbid(
      '^errors/',
      '^(crypto|privacy|recommender|federation|coordinator|client|simulations|cli|proto)/',
      'errors is a leaf',
    ),
    forbid(
      '^durable/',
      '^(errors|crypto|privacy|recommender|federation|coordinator|client|simulations|cli|proto)/',
      'durable is a leaf',
    ),
    forbid(pure, '^durable/', 'the pure layers know no files'),
    forbid(
      '^proto/',
      '^(errors|crypto|privacy|recommender|federation|coordinator|client|simulations|cli)/',
      'proto is a leaf',
    ),
    forbid(
      '^crypto/',
      '^(privacy|recommender|federation|coordinator|client|simulations|cli)/',
      'crypto knows no contracts, noise or models',
    ),
    forbid('^crypto/(?!secagg/)', '^proto/', 'only the secure-aggregation machines decode wire types'),
    forbid(
      '^privacy/',
      '^(proto|crypto|recommender|federation|coordinator|client|simulations|cli)/',
      'privacy knows mechanisms only',
    ),
    forbid(
      '^recommender/',
      '^(proto|crypto|privacy|federation|coordinator|client|simulations|cli)/',
      'the recommender knows no federation',
    ),
    forbid('^federation/', '^(coordinator|client|simulations|cli)/', 'what both sides agree on knows neither side'),
    forbid('^coordinator/', '^(client|simulations|cli)/', 'the platform does not know the merchant'),
    forbid('^client/', '^(coordinator|simulations|cli)/', 'the merchant does not know the platform'),
    forbid('^simulations/', '^cli/', 'the command line is the outermost layer'),
    {
      name: 'pure-core',
      severity: 'error',
      comment: 'Sockets, files, databases, timers and processes live in coordinator/, client/ and simulations/.',
      from: { path: pure },
      to: {
        path: '^(node:)?(fs|fs/promises|net|http|https|http2|tls|child_process|worker_threads|timers|os)$|node_modules/(libsql|kysely|@grpc/grpc-js|pino)/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js'],
    },
  },
};
