import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Series } from "../../src/dashboard/contract.ts";
import { formatUnit } from "../format/format.ts";
import { alignSeries } from "./alignSeries.ts";

const HEIGHT = 200;
const AXIS_WIDTH = 66;

const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** Draws into an element, in its colours, and again when its width or the colours change. Returns how to end. */
export function drawPlot(place: HTMLElement, series: readonly Series[]): () => void {
  const { unit = "1" } = series[0] ?? {};
  const data = alignSeries(series) as uPlot.AlignedData;
  let plot: uPlot | undefined;
  const draw = (): void => {
    plot?.destroy();
    const [ink, grid, ...colours] = coloursOf(place, series.length);
    const axis = { stroke: ink ?? "", grid: { stroke: grid ?? "", width: 1 }, ticks: { show: false } };
    plot = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        legend: { show: series.length > 1 },
        cursor: { y: false },
        scales: { y: { range: (_, __, most) => [0, most <= 0 ? 1 : most * 1.1] } },
        axes: [
          { ...axis, space: 70, values: (_, times) => times.map((time) => clock.format(time * 1000)) },
          { ...axis, size: AXIS_WIDTH, values: (_, marks) => marks.map((value) => formatUnit(value, unit)) },
        ],
        series: [
          {},
          ...series.map(({ label, metric }, at) => ({
            label,
            stroke: colours[at] ?? "",
            width: 2,
            spanGaps: true,
            ...(series.length === 1 ? { fill: translucent(colours[at] ?? "") } : {}),
            // A parallelism holds until it is changed.
            ...(metric === "parallelism" && uPlot.paths.stepped !== undefined
              ? { paths: uPlot.paths.stepped({ align: 1 }) }
              : {}),
            points: { show: false },
            value: (_: uPlot, value: number | null) => (value === null ? "–" : formatUnit(value, unit)),
          })),
        ],
      },
      data,
      place,
    );
  };
  draw();
  const resized = new ResizeObserver(() => {
    if (plot !== undefined && plot.width !== place.clientWidth)
      plot.setSize({ width: place.clientWidth, height: HEIGHT });
  });
  resized.observe(place);
  const themed = new MutationObserver(draw);
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", draw);
  return () => {
    resized.disconnect();
    themed.disconnect();
    scheme.removeEventListener("change", draw);
    plot?.destroy();
  };
}

/** The style sheet's colours as a canvas understands them: of text, of the grid, and of each series. */
function coloursOf(place: HTMLElement, count: number): string[] {
  const probe = document.createElement("i");
  place.append(probe);
  const names = ["--muted", "--line", ...Array.from({ length: count }, (_, at) => `--plot-${(at % 5) + 1}`)];
  const colours = names.map((name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}

const translucent = (colour: string): string =>
  colour.startsWith("rgb(") ? colour.replace("rgb(", "rgba(").replace(")", ", 0.12)") : "transparent";
