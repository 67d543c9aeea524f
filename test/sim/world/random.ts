/** A seeded random generator. The simulation uses no other, so a seed replays a run exactly. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
  hex(digits: number): string;
  uuid(): string;
  /** An independent generator: its numbers do not depend on how many others are drawn. */
  fork(name: string): Random;
}

export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  // mulberry32: 32 bits of state are enough for names and jitter.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  const hex = (digits: number): string => {
    let text = "";
    for (let at = 0; at < digits; at++) text += below(16).toString(16);
    return text;
  };
  return {
    next,
    below,
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    fork: (name) => seededRandom(hash(name, seed)),
  };
};

/** FNV-1a. */
export const hash = (text: string, seed = 0): number => {
  let value = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
};
