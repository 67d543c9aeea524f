import type { JobGraph } from "../../src/dashboard/contract.ts";

export interface Place {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

export interface GraphLayout {
  readonly places: ReadonlyMap<string, Place>;
  readonly width: number;
  readonly height: number;
}

export const NODE = { width: 220, height: 92, gapX: 76, gapY: 28, margin: 8 };

/** So many times the order within the layers is improved. */
const SWEEPS = 4;

/**
 * Vertices in layers from left to right: each is one layer behind the last of its inputs. Within a layer they are in the order of
 * the middles of their neighbours, which avoids most crossings. A cycle, which Flink's graphs do not have, is cut.
 */
export function layoutGraph({ vertices, edges }: JobGraph): GraphLayout {
  const ids = vertices.map(({ id }) => id);
  const known = new Set(ids);
  const links = edges.filter(({ from, to }) => known.has(from) && known.has(to) && from !== to);
  const inputs = neighbours(links.map(({ from, to }) => [to, from]));
  const outputs = neighbours(links.map(({ from, to }) => [from, to]));
  const layers = layersOf(ids, inputs);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (let at = 1; at < layers.length; at += 1) sortLayer(layers, at, at - 1, inputs);
    for (let at = layers.length - 2; at >= 0; at -= 1) sortLayer(layers, at, at + 1, outputs);
  }
  return place(layers);
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

const neighbours = (pairs: readonly (readonly [string, string])[]): Neighbours =>
  new Map([...Map.groupBy(pairs, ([from]) => from)].map(([from, list]) => [from, list.map(([, to]) => to)]));

function layersOf(ids: readonly string[], inputs: Neighbours): string[][] {
  const depths = new Map<string, number>();
  const depthOf = (id: string, path: ReadonlySet<string>): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    const before = (inputs.get(id) ?? []).filter((each) => !path.has(each));
    const depth = Math.max(-1, ...before.map((each) => depthOf(each, new Set(path).add(each)))) + 1;
    depths.set(id, depth);
    return depth;
  };
  const layers: string[][] = [];
  for (const id of ids) {
    const depth = depthOf(id, new Set([id]));
    layers[depth] = [...(layers[depth] ?? []), id];
  }
  return Array.from(layers, (layer) => layer ?? []);
}

/** Orders one layer by where the neighbours in another one are. */
function sortLayer(layers: string[][], at: number, other: number, near: Neighbours): void {
  const order = new Map((layers[other] as string[]).map((id, index) => [id, index]));
  const layer = layers[at] as string[];
  const middle = (id: string, index: number): number => {
    const places = (near.get(id) ?? []).flatMap((each) => order.get(each) ?? []);
    return places.length === 0 ? index : places.reduce((sum, each) => sum + each, 0) / places.length;
  };
  const keys = new Map(layer.map((id, index) => [id, middle(id, index)]));
  layers[at] = layer.toSorted((a, b) => (keys.get(a) as number) - (keys.get(b) as number));
}

function place(layers: readonly (readonly string[])[]): GraphLayout {
  const { width, height, gapX, gapY, margin } = NODE;
  const tallest = Math.max(1, ...layers.map(({ length }) => length));
  const total = tallest * height + (tallest - 1) * gapY;
  const places = new Map<string, Place>();
  for (const [at, layer] of layers.entries()) {
    const top = (total - (layer.length * height + (layer.length - 1) * gapY)) / 2;
    for (const [index, id] of layer.entries())
      places.set(id, { id, x: margin + at * (width + gapX), y: margin + top + index * (height + gapY) });
  }
  return {
    places,
    width: 2 * margin + Math.max(1, layers.length) * (width + gapX) - gapX,
    height: 2 * margin + total,
  };
}

/** A name in at most `rows` lines of about so many letters. */
export function wrapName(name: string, letters: number, rows: number): string[] {
  const lines: string[] = [];
  let rest = name.trim();
  while (rest !== "" && lines.length < rows) {
    if (rest.length <= letters) {
      lines.push(rest);
      return lines;
    }
    const space = rest.lastIndexOf(" ", letters);
    const cut = space > letters / 2 ? space : letters;
    lines.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  if (rest !== "") lines[rows - 1] = `${lines[rows - 1]?.slice(0, letters - 1)}…`;
  return lines;
}
