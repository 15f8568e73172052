/**
 * Catalogue and events, text encoding, models, training, ranking, metrics and baselines, pure.
 *
 * Imports errors only; training engines stand behind engine/. Never knows keys, noise, contracts or files.
 */
export {};
