/** Scores the whole catalogue for one history. */
export type CountingScorer = (history: Int32Array, scores: Float32Array) => void;

/** A baseline after training. */
export type FittedBaseline =
  | {
      readonly kind: 'counts';
      /** Adds its scores to zeros. */
      readonly score: CountingScorer;
    }
  | {
      readonly kind: 'text';
      /** The score is the similarity of an item's text to that of the history's last item. */
      readonly of: 'last-item';
    };

/** A way to rank that needs no training beyond counting; what any other model has to beat. */
export interface Baseline {
  readonly name: string;
  /** One sentence for help texts. */
  readonly description: string;
  fit(histories: readonly Int32Array[], items: number): FittedBaseline;
}
