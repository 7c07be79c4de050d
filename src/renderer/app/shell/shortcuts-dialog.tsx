import { Kbd, Modal, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { usePreferences } from "../../lib/preferences/preferences.ts";
import { SCREENS } from "../screens.ts";
import css from "./shortcuts-dialog.module.css";

const SINGLE_KEYS = [
  { key: "/", id: "filter" },
  { key: "Space", id: "pause" },
  { key: "U", id: "unit" },
  { key: "?", id: "help" },
] as const;

/** Every shortcut there is, and the switch for those of a single key. */
export function ShortcutsDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { singleKeys, change } = usePreferences();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("shortcuts.title")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <dl className={css["list"]}>
        {SCREENS.map(({ id }, index) => (
          <Row key={id} keys={["Alt", String(index + 1)]} text={t(`screen.${id}`)} />
        ))}
        <Row keys={["Esc"]} text={t("shortcuts.escape")} />
        {SINGLE_KEYS.map(({ key, id }) => (
          <Row key={id} keys={[key === "Space" ? t("shortcuts.space") : key]} text={t(`shortcuts.${id}`)} />
        ))}
      </dl>
      <Switch
        mt="lg"
        label={t("shortcuts.single")}
        checked={singleKeys}
        onChange={(event) => {
          change({ singleKeys: event.currentTarget.checked });
        }}
      />
    </Modal>
  );
}

function Row({ keys, text }: { readonly keys: readonly string[]; readonly text: string }) {
  return (
    <div className={css["row"]}>
      <dt>
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </dt>
      <dd>{text}</dd>
    </div>
  );
}
