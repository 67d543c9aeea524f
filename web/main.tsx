import { render } from "preact";
import { loadSession } from "./api/session.ts";
import { App } from "./app.tsx";
import { startClock } from "./format/now.ts";
import { returnToPlace, startNavigation } from "./routing/navigation.ts";
import { startTheme } from "./theme/theme.ts";
import "./styles/main.css";

startTheme();
returnToPlace();
startNavigation();
startClock();
void loadSession();
render(<App />, document.getElementById("app") as HTMLElement);
