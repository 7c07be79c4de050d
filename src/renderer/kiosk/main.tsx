import "@fontsource-variable/inter/wght.css";
import "./kiosk.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { assert } from "../../core/units/assert.ts";
import { createClient } from "../lib/client/index.ts";
import { installTokens } from "../lib/tokens/css.ts";
import { KioskScreen } from "./kiosk-screen.tsx";
import { firstLanguage } from "./kiosk-text.ts";

installTokens(document);
const root = document.getElementById("root");
assert(root !== null, "kiosk.html has a #root");
createRoot(root).render(
  <StrictMode>
    <KioskScreen
      client={createClient({ role: "kiosk" })}
      language={firstLanguage(window.location.search, navigator.languages)}
    />
  </StrictMode>,
);
