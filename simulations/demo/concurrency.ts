/** Does something for each item, so many at once; fails with the first failure, after those at hand have ended. */
export async function mapLimited<T>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  const waiting = items.values();
  const work = async (): Promise<void> => {
    for (const item of waiting) await act(item);
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, work));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
}
