import type { Pointer } from '../../engine/index.js';
import { frozenFactor } from '../model.js';
import { LOW_RANK_TARGETS, parametersOf, trainedParts } from '../shape.js';
import type { TowerForm, TowerShape } from '../shape.js';
import type { Workspace } from './workspace.js';

/** Where a flat vector's named tensors start. */
export type Places = ReadonlyMap<string, Pointer>;

/** The place of each tensor that a form trains, in a flat vector of what it trains. */
export function trainedPlaces(shape: TowerShape, form: TowerForm, flat: Pointer): Places {
  let at = flat;
  return new Map(
    trainedParts(shape, form).map(({ name, size }) => {
      const place = at;
      at += 4 * size;
      return [name, place];
    }),
  );
}

/**
 * The place of each parameter of a pass. Corrections of low rank are multiplied out into copies of the matrices that they
 * correct: x(W + A·B) is xW + (xA)B.
 */
export function weightPlaces(
  space: Workspace,
  shape: TowerShape,
  form: TowerForm,
  { parameters, trained }: { readonly parameters: Pointer; readonly trained: Pointer },
): Places {
  const own = trainedPlaces(shape, form, trained);
  if (form.kind === 'full') return own;
  const places = new Map(parametersOf(shape).map(({ name, start }) => [name, parameters + 4 * start]));
  if (form.kind === 'adapter') return new Map([...places, ...own]);
  const { width, blocks } = shape;
  for (const name of Array.from({ length: blocks }, (_, block) =>
    LOW_RANK_TARGETS.map((of) => `${block}.${of}`),
  ).flat()) {
    const [base, correction, merged] = [
      placeOf(places, `${name}.weights`),
      placeOf(own, `${name}.correction`),
      space.at(`${name}.weights`),
    ];
    const frozen = space.at(`${name}.frozen`);
    space.floats.set(frozenFactor(name, width, form.rank), frozen / 4);
    space.copy(base, merged, width * width);
    space.product(frozen, correction, merged, [width, width, form.rank], { onTop: true });
    places.set(`${name}.weights`, merged);
  }
  return places;
}

/** @throws TypeError where there is none */
export function placeOf(places: Places, name: string): Pointer {
  const place = places.get(name);
  if (place === undefined) throw new TypeError(`the tower has no parameter ${name}`);
  return place;
}
