import "./mantine-css.ts";
import "./base.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { assert } from "../../core/units/assert.ts";
import { createClient } from "../lib/client/index.ts";
import { ClientProvider } from "../lib/data/client-context.tsx";
import { retryAfterTrouble } from "../lib/data/trouble.ts";
import { startI18n } from "../lib/i18n/i18n.ts";
import { pickLanguage } from "../lib/i18n/languages.ts";
import { startLiveFeed } from "../lib/data/live-store.ts";
import { usePreferences } from "../lib/preferences/preferences.ts";
import { installTokens } from "../lib/tokens/css.ts";
import { Appearance } from "./appearance.tsx";
import { router } from "./router.tsx";

installTokens(document);

const language = usePreferences.getState().language ?? pickLanguage(navigator.languages);
document.documentElement.lang = language;

const client = createClient();
const queries = new QueryClient({
  defaultOptions: { queries: { retry: retryAfterTrouble, refetchOnWindowFocus: false, staleTime: 5_000 } },
});
// What was asked of a lost or replaced engine is asked anew.
client.connection.subscribe(() => {
  if (client.connection.getSnapshot().state === "open") void queries.invalidateQueries();
});
client.watch((signal) => client.api.app.changes(undefined, { signal }), {
  onUpdate: () => {
    void queries.invalidateQueries();
  },
});
startLiveFeed(client);

await startI18n(language, ["common", "live", "reasons"]);

const root = document.getElementById("root");
assert(root !== null, "index.html has a #root");
createRoot(root).render(
  <StrictMode>
    <ClientProvider client={client}>
      <QueryClientProvider client={queries}>
        <Appearance>
          <RouterProvider router={router} />
        </Appearance>
      </QueryClientProvider>
    </ClientProvider>
  </StrictMode>,
);
