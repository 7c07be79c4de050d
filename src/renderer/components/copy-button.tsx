import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconCheck, IconCopy } from "./icons.ts";

const SAID_FOR_ms = 2_000;

type Outcome = "idle" | "copied" | "failed";

/** Copies a text made at the moment of the click, and says whether it worked. */
export function CopyButton({ text, label }: { readonly text: () => string; readonly label: string }) {
  const { t } = useTranslation();
  const [outcome, setOutcome] = useState<Outcome>("idle");
  useEffect(() => {
    if (outcome === "idle") return undefined;
    const timer = setTimeout(() => {
      setOutcome("idle");
    }, SAID_FOR_ms);
    return () => {
      clearTimeout(timer);
    };
  }, [outcome]);
  const copy = (): void => {
    void writeClipboard(text()).then((done) => {
      setOutcome(done ? "copied" : "failed");
    });
  };
  const Shown = outcome === "copied" ? IconCheck : IconCopy;
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      leftSection={<Shown size={16} stroke={1.75} aria-hidden />}
      onClick={copy}
    >
      <span aria-live="polite">
        {outcome === "copied" ? t("copied") : outcome === "failed" ? t("copyFailed") : label}
      </span>
    </Button>
  );
}

/** False where the browser does not let a page write the clipboard, as over plain HTTP. */
async function writeClipboard(text: string): Promise<boolean> {
  // The clipboard is absent over plain HTTP, whatever its type says.
  if (!window.isSecureContext) return false;
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}
