import { lazy } from "react";

const StartPage = lazy(async () => ({ default: (await import("./start-page.tsx")).StartPage }));

/** Shown once in the life of a site, so it is fetched only then. */
export const StartScreen = () => <StartPage />;
