const FIRST_SLOT_MS = 250;

/**
 * When an upload leaves, in ms after the collecting phase began: at once if the input was ready by then, else at the next
 * of 250, 500, 1000, … ms. How long training and noise took depends on shoppers' data; doubling slots let an observer
 * learn a handful of coarse steps of it at most, at the price of less than twice the time.
 * @param readyMs when the input was ready, in ms after the phase began; not positive if before
 */
export function uploadSlot(readyMs: number): number {
  if (readyMs <= 0) return 0;
  let slot = FIRST_SLOT_MS;
  while (slot < readyMs) slot *= 2;
  return slot;
}
