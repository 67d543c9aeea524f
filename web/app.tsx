import { useEffect } from "preact/hooks";
import { session, sessionFailure, signedIn } from "./api/session.ts";
import { idOf } from "./api/urls.ts";
import { FleetPage } from "./fleet/FleetPage.tsx";
import { Shell } from "./layout/Shell.tsx";
import { LoginPage } from "./login/LoginPage.tsx";
import { wantedLogin } from "./login/wanted.ts";
import { ResourceScreen } from "./resource/ResourceScreen.tsx";
import { route } from "./routing/navigation.ts";
import { followFleet, lookInto } from "./state/fleetFeed.ts";
import { useValue } from "./state/value.ts";

export function App() {
  const known = useValue(session);
  const failure = useValue(sessionFailure);
  const place = useValue(route);
  const wanted = useValue(wantedLogin);
  const clusters = known?.clusters.filter(signedIn).map(({ name }) => name) ?? [];
  const signature = clusters.join(" ");
  const namespace = place.page === "fleet" ? place.query.namespace : place.ref.namespace;
  // Before the fleet is followed for the first time
  useEffect(() => lookInto(namespace), [namespace]);
  // The names are the signature
  useEffect(() => followFleet(clusters), [signature]);

  if (known === undefined)
    return <Shell>{failure === undefined ? null : <p class="note is-error">{failure}</p>}</Shell>;
  const needed = wanted || (place.page === "resource" ? place.ref.cluster : undefined);
  const mayShow = clusters.length > 0 && wanted === "" && (needed === undefined || clusters.includes(needed));
  return (
    <Shell session={known}>
      {failure !== undefined && (
        <p class="note is-warning" role="status">
          {failure}
        </p>
      )}
      {!mayShow ? (
        <LoginPage clusters={known.clusters} needed={needed} />
      ) : place.page === "fleet" ? (
        <FleetPage query={place.query} clusters={clusters} />
      ) : (
        <ResourceScreen key={idOf(place.ref)} resource={place.ref} tab={place.tab} />
      )}
    </Shell>
  );
}
