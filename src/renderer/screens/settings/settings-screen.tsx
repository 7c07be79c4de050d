import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Page } from "../../components/page.tsx";
import { oneOf, type RawSearch, useUrlState } from "../../lib/url/url-state.ts";
import { AboutPage } from "./about-page.tsx";
import { AppearancePage } from "./appearance-page.tsx";
import { CommissioningPage } from "./commissioning-page.tsx";
import { DevicesPage } from "./devices-page.tsx";
import { LimitsPage } from "./limits-page.tsx";
import { PhasesPage } from "./phases-page.tsx";
import { SharingPage } from "./sharing-page.tsx";
import { SitePage } from "./site-page.tsx";

const PAGES = ["site", "sharing", "limits", "devices", "phases", "commissioning", "appearance", "about"] as const;
type SettingsPage = (typeof PAGES)[number];

const parseSettingsSearch = (raw: RawSearch): { readonly page: SettingsPage } => ({
  page: oneOf(PAGES, raw["page"], "site"),
});

/** The site as it is set up, its devices, how this page looks, and what program this is. */
export function SettingsScreen() {
  const { t } = useTranslation("settings");
  const [{ page }, change] = useUrlState(parseSettingsSearch);
  return (
    <Page title={t("title")}>
      <Tabs
        value={page}
        keepMounted={false}
        onChange={(value) => {
          change({ page: oneOf(PAGES, value, "site") });
        }}
      >
        <Tabs.List mb="md">
          {PAGES.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`page.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="site">
          <SitePage />
        </Tabs.Panel>
        <Tabs.Panel value="sharing">
          <SharingPage />
        </Tabs.Panel>
        <Tabs.Panel value="limits">
          <LimitsPage />
        </Tabs.Panel>
        <Tabs.Panel value="devices">
          <DevicesPage />
        </Tabs.Panel>
        <Tabs.Panel value="phases">
          <PhasesPage />
        </Tabs.Panel>
        <Tabs.Panel value="commissioning">
          <CommissioningPage />
        </Tabs.Panel>
        <Tabs.Panel value="appearance">
          <AppearancePage />
        </Tabs.Panel>
        <Tabs.Panel value="about">
          <AboutPage />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
