import { useEffect, useRef } from "preact/hooks";
import type { Series } from "../../src/dashboard/contract.ts";

interface Props {
  readonly title: string;
  readonly series: readonly Series[];
}

/** The canvas of a plot. The code that draws it is loaded with the first one. */
export function Plot({ title, series }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let end: (() => void) | undefined;
    let closed = false;
    void import("./drawPlot.ts").then(({ drawPlot }) => {
      if (!closed && place.current !== null) end = drawPlot(place.current, series);
    });
    return () => {
      closed = true;
      end?.();
    };
  }, [series]);
  return <div ref={place} class="plot-place" role="img" aria-label={`${title} over time`} />;
}
