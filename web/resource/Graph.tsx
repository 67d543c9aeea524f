import type { JobGraph } from "../../src/dashboard/contract.ts";
import { formatShare } from "../format/format.ts";
import { layoutGraph, NODE, type Place, wrapName } from "./graphLayout.ts";

const LETTERS = 25;

/** The job's vertices from the sources on the left to the sinks on the right. The table below it says the same in words. */
export function Graph({ graph }: { readonly graph: JobGraph }) {
  const { places, width, height } = layoutGraph(graph);
  return (
    <svg
      class="graph"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Graph of ${graph.vertices.length} vertices; the table of vertices has what it shows`}
    >
      {graph.edges.map(({ from, to, ship }) => (
        <Edge key={`${from} ${to} ${ship}`} from={places.get(from)} to={places.get(to)} ship={ship} />
      ))}
      {graph.vertices.map((vertex) => (
        <Vertex key={vertex.id} vertex={vertex} place={places.get(vertex.id)} />
      ))}
    </svg>
  );
}

interface EdgeProps {
  readonly from: Place | undefined;
  readonly to: Place | undefined;
  readonly ship: string;
}

function Edge({ from, to, ship }: EdgeProps) {
  if (from === undefined || to === undefined) return null;
  const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
  const [x2, y2] = [to.x, to.y + NODE.height / 2];
  const bend = NODE.gapX / 2;
  return (
    <g class="edge">
      <path d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 7} ${y2}`} />
      <path class="tip" d={`M${x2 - 8} ${y2 - 4.5}L${x2 - 1} ${y2}L${x2 - 8} ${y2 + 4.5}Z`} />
      <text x={(x1 + x2) / 2} y={(y1 + y2) / 2 - 7}>
        {ship.toLowerCase()}
      </text>
    </g>
  );
}

interface VertexProps {
  readonly vertex: JobGraph["vertices"][number];
  readonly place: Place | undefined;
}

function Vertex({ vertex, place }: VertexProps) {
  if (place === undefined) return null;
  const { name, parallelism, status, busy, backPressured } = vertex;
  const lines = wrapName(name, LETTERS, 2);
  return (
    <g class={`vertex is-${status}`} transform={`translate(${place.x} ${place.y})`}>
      <title>{name}</title>
      <rect width={NODE.width} height={NODE.height} rx="10" />
      <rect class="edge-mark" width="4" height={NODE.height - 20} x="0" y="10" rx="2" />
      {lines.map((line, at) => (
        <text key={line} class="vertex-name" x="14" y={22 + at * 15}>
          {line}
        </text>
      ))}
      <text class="vertex-detail" x="14" y={NODE.height - 26}>
        {status.toLowerCase()}, parallelism {parallelism}
      </text>
      <text class="vertex-detail" x="14" y={NODE.height - 10}>
        {busy === undefined ? "" : `busy ${formatShare(busy)}`}
        {backPressured === undefined ? "" : `, back pressure ${formatShare(backPressured)}`}
      </text>
    </g>
  );
}
